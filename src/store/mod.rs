//! The Postgres pool, the migrations and the embedded server.
