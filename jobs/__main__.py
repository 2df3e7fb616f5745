"""How is ``python -m jobs`` entered, and with which exit status does it leave?"""

import sys

from jobs.cli import main

if __name__ == "__main__":
    sys.exit(main())
