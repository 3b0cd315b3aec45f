//! The HTTP server: authentication, thin routes and error shapes.
