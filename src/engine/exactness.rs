//! How exactly a request must match a recorded stub.

/// How exactly a request must match a recorded stub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matching {
    /// When nothing matches, a recorded stub that differs only in values that vary from run to
    /// run (ids, nonces, dates) answers.
    #[default]
    Nearest,
    /// Every matcher must hold.
    Strict,
}
