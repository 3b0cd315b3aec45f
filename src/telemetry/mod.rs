//! Logs and metrics, none of which may hold personal data.
