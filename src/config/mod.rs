//! Raw configuration files, resolved once into settings; nothing after start-up interprets a string.

pub mod assets;
