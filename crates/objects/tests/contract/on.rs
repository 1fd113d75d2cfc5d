//! Which servers the contract runs on: one line each.

use crate::cases::contract;

contract!(embedded);
contract!(moto);
#[cfg(feature = "full-tests")]
contract!(garage);
