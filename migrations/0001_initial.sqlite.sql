CREATE TABLE app_product (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    summary TEXT NOT NULL,
    description TEXT NOT NULL,
    -- The name of an asset.
    picture TEXT NOT NULL DEFAULT 'products/parcel.svg',
    -- In hundredths of the shop's currency.
    price BIGINT NOT NULL CHECK (price >= 0),
    on_sale BOOLEAN NOT NULL DEFAULT TRUE
);

CREATE TABLE app_order (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    note TEXT NOT NULL,
    total BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    cancelled_at TEXT,
    -- The number of the user who was signed in, if one was.
    user_id BIGINT
);

CREATE INDEX app_order_user_id ON app_order (user_id) WHERE user_id IS NOT NULL;

-- Name and price as they were when the order was placed.
CREATE TABLE app_orderline (
    id INTEGER PRIMARY KEY,
    order_id BIGINT NOT NULL REFERENCES app_order (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    price BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0)
);

CREATE INDEX app_orderline_order_id ON app_orderline (order_id);
