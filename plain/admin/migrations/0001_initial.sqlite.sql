-- Who did what to which object when.
CREATE TABLE plainadmin_change (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    -- The visitor as who decides on access knows them, and what they are called.
    visitor_id TEXT NOT NULL,
    visitor TEXT NOT NULL,
    action TEXT NOT NULL,
    -- The path of the page in the admin, and the object there; none for what is about many.
    page TEXT NOT NULL,
    object_id TEXT,
    object TEXT,
    details TEXT NOT NULL
);

CREATE INDEX plainadmin_change_object ON plainadmin_change (page, object_id, id);
CREATE INDEX plainadmin_change_visitor ON plainadmin_change (visitor_id, id);
