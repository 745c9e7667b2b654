CREATE TABLE poll_choice (
    slug TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    votes BIGINT NOT NULL DEFAULT 0
);

INSERT INTO poll_choice (slug, name) VALUES
    ('tea', 'Tea'),
    ('coffee', 'Coffee'),
    ('water', 'Water');
