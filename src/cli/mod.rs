//! Words typed become a call, and text comes back: the only room with anyhow and printing.
//!
//! May import: app, config and what a command shows.
