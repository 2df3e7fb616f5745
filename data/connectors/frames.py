"""How do columns of Arrow become the frames that the merge takes?"""

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa


def frame_of(cells: Mapping[str, pa.Array]) -> pd.DataFrame:
    """Build a frame: texts ``str``, whole numbers nullable ``Int64``, instants ``datetime64[us, UTC]``."""
    frame: pd.DataFrame = pa.table(dict(cells)).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return frame
