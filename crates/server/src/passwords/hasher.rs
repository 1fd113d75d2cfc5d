//! argon2id in memory that is used again.

use std::cell::RefCell;

use argon2::{
    Algorithm, Argon2, Block, CustomizedPasswordHasher, Params, Version,
    password_hash::{
        self,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};

/// Computes what [`Argon2`] does, in memory of its own, 19 MiB, which it keeps. [`Argon2`] asks for new memory each time,
/// and what it gives back stays with the thread that gave it: with the threads that are there for blocking work these
/// added up.
#[derive(Default)]
pub(super) struct Hasher {
    memory: RefCell<Vec<Block>>,
}

/// Checking is [`password_hash::PasswordVerifier`], which calls this.
impl CustomizedPasswordHasher<PasswordHash> for Hasher {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> password_hash::Result<PasswordHash> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?.unwrap_or_default();
        let version = version.map(Version::try_from).transpose()?.unwrap_or_default();
        let mut output = vec![0_u8; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        let mut memory = self.memory.borrow_mut();
        if memory.len() < params.block_count() {
            memory.resize(params.block_count(), Block::new());
        }
        // What is left of the last password is written over before it is read.
        Argon2::new(algorithm, version, params.clone()).hash_password_into_with_memory(
            password,
            salt,
            &mut output,
            memory.as_mut_slice(),
        )?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(Salt::new(salt)?),
            hash: Some(Output::new(&output)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier;

    use super::*;

    #[test]
    fn hashes_are_those_of_the_crate_whatever_the_memory_held() {
        let hasher = Hasher::default();
        let smaller = Params::new(64, 3, 2, Some(16)).unwrap();
        let larger = Params::new(20 << 10, 1, 1, None).unwrap();
        for (password, params) in [
            ("correct horse", Params::default()),
            ("battery staple", Params::default()),
            ("correct horse", smaller),
            ("correct horse", larger),
            ("correct horse", Params::default()),
        ] {
            let password = password.as_bytes();
            let ours = hasher.hash_password_with_params(password, b"0123456789abcdef", params.clone());
            let theirs = Argon2::default().hash_password_with_params(password, b"0123456789abcdef", params);
            let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
            assert_eq!(ours.to_string(), theirs.to_string());
            assert!(Argon2::default().verify_password(password, &ours).is_ok());
            assert!(hasher.verify_password(password, &theirs).is_ok());
            assert!(hasher.verify_password(b"another", &theirs).is_err());
        }
    }

    #[test]
    fn what_is_no_argon2_fits_no_password() {
        let hasher = Hasher::default();
        for stored in [
            "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
            "$argon2id",
        ] {
            let fits = PasswordHash::new(stored).is_ok_and(|stored| hasher.verify_password(b"x", &stored).is_ok());
            assert!(!fits, "{stored}");
        }
    }
}
