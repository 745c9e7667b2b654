CREATE TABLE gallery_picture (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    file TEXT NOT NULL UNIQUE,
    size BIGINT NOT NULL,
    uploaded_at TIMESTAMPTZ NOT NULL
);
