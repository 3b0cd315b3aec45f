//! The parts of Cordon that read strangers' bytes, as they stand in its source:
//! they use nothing of the rest. What is checked stands in `src/checks/`.

#![allow(dead_code, unused_imports, reason = "the rest of Cordon, which uses it, is not here")]

#[path = "../../src/checks/mod.rs"]
pub mod checks;
pub mod detect;
#[path = "../../src/dialect/mod.rs"]
pub mod dialect;
#[path = "../../src/scrub/mod.rs"]
pub mod scrub;
pub mod tenant;
