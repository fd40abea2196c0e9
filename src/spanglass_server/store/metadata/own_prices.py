"""Projects' own prices in SQLite or PostgreSQL: `store/own_prices.py`'s promises, kept."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    ForeignKey,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import OWN_PRICES_PER_PROJECT_MAX
from spanglass_server.model.own_price import OwnPrice, PriceTier
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.locks import lock_project
from spanglass_server.store.metadata.tables import metadata

own_prices = Table(
    "own_prices",
    metadata,
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("provider", String(200), nullable=False),
    Column("model", String(200), nullable=False),
    Column("valid_from_ns", BigInteger),
    Column("valid_to_ns", BigInteger),
    Column("price", Text, nullable=False),
    Column("note", String(1000), nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
)
_IN_PRICE: Final = ("rates", "request_usd", "tiers", "batch_factor", "same_as_provider", "same_as_model")
"""What the column `price` holds, as JSON."""


def open_own_prices(url: str) -> "SqlOwnPrices":
    """On SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes their table."""
    return SqlOwnPrices(open_engine(url))


class SqlOwnPrices:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(self, project_id: str) -> Sequence[OwnPrice]:
        query = select(own_prices).where(own_prices.c.project_id == project_id)
        with read_transaction(self._engine) as connection:
            found = [_to_price(row) for row in connection.execute(query)]
        found.sort(key=lambda price: price.created_at_ns, reverse=True)
        return sorted(found, key=lambda price: (price.model, price.provider, -(price.valid_from_ns or 0)))

    def get(self, project_id: str, price_id: str) -> OwnPrice:
        with read_transaction(self._engine) as connection:
            found = _find(connection, project_id, price_id)
        if found is None:
            raise _missing(price_id)
        return found

    def put(self, project_id: str, price: OwnPrice) -> OwnPrice:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            earlier = _find(connection, project_id, price.id)
            if earlier is None:
                _check_room(connection, project_id)
            else:
                price = price._replace(created_at_ns=earlier.created_at_ns)
                connection.execute(delete(own_prices).where(*_key(project_id, price.id)))
            connection.execute(insert(own_prices).values(project_id=project_id, **_to_row(price)))
        return price

    def delete(self, project_id: str, price_id: str) -> None:
        with write_transaction(self._engine) as connection:
            if not connection.execute(delete(own_prices).where(*_key(project_id, price_id))).rowcount:
                raise _missing(price_id)

    def close(self) -> None:
        self._engine.dispose()


def _key(project_id: str, price_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return own_prices.c.project_id == project_id, own_prices.c.id == price_id


def _find(connection: Connection, project_id: str, price_id: str) -> OwnPrice | None:
    row = connection.execute(select(own_prices).where(*_key(project_id, price_id))).one_or_none()
    return None if row is None else _to_price(row)


def _to_row(price: OwnPrice) -> dict[str, Any]:
    fields = price._asdict()
    return {
        **{name: value for name, value in fields.items() if name not in _IN_PRICE},
        "price": json.dumps({name: fields[name] for name in _IN_PRICE}),
    }


def _to_price(row: Row[*tuple[Any, ...]]) -> OwnPrice:
    columns = row._asdict()
    del columns["project_id"]
    price = json.loads(columns.pop("price"))
    price["tiers"] = tuple(PriceTier(*tier) for tier in price["tiers"])
    return OwnPrice(**columns, **price)


def _check_room(connection: Connection, project_id: str) -> None:
    query = select(func.count()).select_from(own_prices).where(own_prices.c.project_id == project_id)
    if connection.execute(query).scalar_one() >= OWN_PRICES_PER_PROJECT_MAX:
        raise BadInput(
            f"the project has {OWN_PRICES_PER_PROJECT_MAX} prices of its own, the most that one may have",
            hint="remove one first, or name several models by one pattern",
        )


def _missing(price_id: str) -> NotFound:
    return NotFound(f"there is no price `{price_id}`")
