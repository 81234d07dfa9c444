//! States, events, deliveries and attempts, in SQLite.

mod schema;
