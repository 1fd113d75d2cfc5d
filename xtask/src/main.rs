//! Set-up, demo, test and bench: what the README calls.

fn main() {}
