"""Which simulated platform files should be written, and where?"""

import typer

simulate = typer.Typer(no_args_is_help=True, help="模拟平台 write simulated platform files into an inbox")
