//! What keeps jobs moving behind the API.
