"""What does the person who runs this want, and where do things lie?

Every setting is an environment variable: ``ORDERHUB_HOME``, ``ORDERHUB_INBOX`` … and ``DATABASE_URL``.
"""

from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parents[1]


class WrongSetting(ValueError):
    """设置有误 / wrong setting: {name}: {reason}"""

    def __init__(self, *, name: str, reason: str) -> None:
        super().__init__((WrongSetting.__doc__ or "").format(name=name, reason=reason))


class Settings(BaseSettings):
    """The settings of one process; give them as keywords in tests, else they come from the environment."""

    model_config = SettingsConfigDict(env_prefix="ORDERHUB_", env_ignore_empty=True, frozen=True, extra="forbid", validate_default=True)

    home: Path = Field(default=CHECKOUT / ".orderhub", description="database, demo inbox and kept files")
    port: int = Field(default=8501, ge=1, le=65535, description="of the dashboard")
    inbox: Path | None = Field(default=None, description="folder of real files; unset = the demo")
    zone: str = Field(default="Asia/Shanghai", description="the one business zone, IANA name")
    language: Literal["zh", "en"] = "zh"
    reporting_currency: str = Field(default="CNY", pattern="^[A-Z]{3}$")
    retention_days: int = Field(default=90, ge=1, description="of personal data and kept files")
    samples: Path = Field(default=CHECKOUT.parent / "shared", description="sample files for tests and benchmarks")
    database_url: str | None = Field(default=None, repr=False, validation_alias=AliasChoices("database_url", "DATABASE_URL"))

    @field_validator("home", "inbox", "samples")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"no such time zone: {zone}; give an IANA name such as Asia/Shanghai") from None
        return zone

    @property
    def demo(self) -> bool:
        """Whether the simulated merchant plays, which is so until a real inbox is named."""
        return self.inbox is None

    @property
    def kind(self) -> Literal["demo", "real"]:
        """What a database of these settings holds; the two never mix."""
        return "demo" if self.demo else "real"

    @property
    def database_name(self) -> str:
        """Name of the embedded server's database."""
        return "orderhub_demo" if self.demo else "orderhub"

    @property
    def inbox_dir(self) -> Path:
        """Folder in which source files arrive."""
        return self.inbox or self.home / "demo" / "inbox"

    @property
    def files_dir(self) -> Path:
        """Folder in which accepted files are kept under their sha256."""
        return self.home / "files"


@cache
def settings() -> Settings:
    """Read the settings from the environment, once a process; ``WrongSetting`` names the first variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        variable = name.upper() if name.lower() == "database_url" else f"ORDERHUB_{name.upper()}"
        raise WrongSetting(name=variable, reason=first["msg"]) from None
