"""The shapes of connections to judges in docs/api.md."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

_Price = Field(
    default=None,
    ge=0,
    le=1e6,
    allow_inf_nan=False,
    description="USD of a million tokens; wins over the price catalog. 0 of a model of your own.",
)


class JudgeConnectionInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    provider: str = Field(max_length=64, description="`anthropic`, `openai`, or another that is listed.")
    base_url: str = Field(
        default="",
        max_length=1000,
        description="Empty: the provider's own address.",
        examples=["http://localhost:11434/v1"],
    )
    api_key: str = Field(
        default="",
        max_length=4000,
        description="`***` keeps the one that there is; `env:NAME` reads the server's environment, where its "
        "operator allows.",
    )
    default_model: str = Field(max_length=255, examples=["claude-haiku-4-5"])
    input_usd_per_mtok: float | None = _Price
    output_usd_per_mtok: float | None = _Price
    concurrency_max: int = Field(default=8, ge=1, le=256, description="Calls at a time, of all evaluators.")
    calls_per_minute_max: int | None = Field(default=None, ge=1, le=1_000_000)


class JudgeConnection(BaseModel):
    name: str
    provider: str
    base_url: str
    api_key: str = Field(description="`***` where there is one, `env:NAME` as it is, else empty.")
    default_model: str
    input_usd_per_mtok: float | None
    output_usd_per_mtok: float | None
    concurrency_max: int
    calls_per_minute_max: int | None
    created_at: datetime
    updated_at: datetime


class JudgeProvider(BaseModel):
    name: str
    title: str
    default_url: str
    needs_url: bool
    needs_key: bool
    is_installed: bool
    extra: str = Field(description="What brings it, for pip.")


class JudgeConnections(BaseModel):
    items: list[JudgeConnection]
    providers: list[JudgeProvider]
    env_keys: list[str] = Field(description="Variables that `env:NAME` may name on this server.")


class ConnectionTest(BaseModel):
    ok: bool
    duration_ms: float | None
    model: str | None = Field(description="The one that answered.")
    input_tokens: int | None
    output_tokens: int | None
    problem: str | None
    hint: str | None
