CREATE TABLE notes_note (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL
);
