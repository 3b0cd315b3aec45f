//! A tenant's policy file, compiled.
