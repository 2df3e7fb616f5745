"""Is there an OpenID Connect provider to sign in with? (From the environment, ``ORDERHUB_OIDC_*``; never from a file of ours.)"""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from streamlit.runtime.secrets import SecretsValue

MINIMUM_COOKIE_SECRET = 32


class Oidc(BaseSettings):
    """What ``st.login`` needs to know of the provider."""

    model_config = SettingsConfigDict(env_prefix="ORDERHUB_OIDC_", env_ignore_empty=True, frozen=True)

    client_id: str | None = None
    client_secret: str | None = Field(default=None, repr=False)
    metadata_url: str | None = None
    redirect_uri: str | None = None
    cookie_secret: str | None = Field(default=None, repr=False, min_length=MINIMUM_COOKIE_SECRET)

    @property
    def configured(self) -> bool:
        """Whether every value is there."""
        return all((self.client_id, self.client_secret, self.metadata_url, self.redirect_uri, self.cookie_secret))

    def secrets(self) -> dict[str, SecretsValue]:
        """Return the values as Streamlit's secrets, or nothing when one is missing."""
        if not self.configured:
            return {}
        auth: SecretsValue = {
            "client_id": self.client_id or "",
            "client_secret": self.client_secret or "",
            "server_metadata_url": self.metadata_url or "",
            "redirect_uri": self.redirect_uri or "",
            "cookie_secret": self.cookie_secret or "",
        }
        return {"auth": auth}
