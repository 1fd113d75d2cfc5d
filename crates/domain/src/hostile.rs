//! Hostile input for property tests: a good example, damaged. The tests of other crates include this file by its path.

use proptest::{
    prelude::*,
    sample::{Index, select},
};

/// However often a part is repeated, no more comes out than this, in bytes.
const LONGEST: usize = 256 << 10;
const MOST_DAMAGES: usize = 6;

/// What readers stumble over: numbers at the ends of their types and beyond, characters that end lines or turn them
/// around, and what would be more than text to a shell, a path, a URL, JSON or XML.
static PIECES: [&str; 62] = [
    "",
    "0",
    "00",
    "-0",
    "-1",
    "+1",
    "1e999",
    "-1e999",
    "1e-999",
    "0.00000000000000000000000000001",
    "NaN",
    "nan",
    "inf",
    "-inf",
    "Infinity",
    "255",
    "256",
    "65536",
    "2147483648",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "999999999999999999999999999999999999999999",
    "0x10",
    "N/A",
    "null",
    "true",
    "[]",
    "{}",
    "\"",
    "'",
    "\\",
    "\\u0000",
    "\\ud800",
    "\0",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{61c}",
    "\u{feff}",
    "\u{fffd}",
    "\u{10ffff}",
    "é",
    "e\u{301}",
    " ",
    "..",
    "../",
    "./",
    "//",
    "%2e%2e%2f",
    "http://example.org/x",
    "$(id)",
    "<a b=\"&amp;\">",
];

static NOT_UTF_8: [&[u8]; 5] = [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80"];

/// What may stand a thousand times in a row: an opening that is never closed nests as deep.
static REPEATED: [&str; 10] = ["a", "0", "9", " ", "\\", "é", "/", "[", "{\"a\":", "<a>"];

/// What is done to an example. Places are those of its words and of the marks between them, or those of its lines.
#[derive(Debug, Clone)]
enum Damage {
    Remove(Index, Index),
    Repeat(Index, Index, usize),
    Swap(Index, Index),
    Replace(Index, Vec<u8>),
    Insert(Index, Vec<u8>),
    Flip(Index, u8),
}

/// `example` with up to six damages; without any now and then. Of an empty example, some hostile pieces.
pub(crate) fn damaged(example: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let example = example.as_bytes().to_vec();
    let damages = prop::collection::vec((any::<bool>(), damage()), 0..=MOST_DAMAGES);
    damages.prop_map(move |damages| {
        let after = |bytes: Vec<u8>, (by_line, damage): &(bool, Damage)| apply(&bytes, *by_line, damage);
        damages.iter().fold(example.clone(), after)
    })
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<Index>;
    // Mostly few, since whatever is long takes its reader's time.
    let times = prop_oneof![9 => 2..30_usize, 1 => 2..2_000_usize];
    prop_oneof![
        2 => (index(), index()).prop_map(|(from, to)| Damage::Remove(from, to)),
        1 => (index(), index(), times).prop_map(|(from, to, times)| Damage::Repeat(from, to, times)),
        1 => (index(), index()).prop_map(|(one, other)| Damage::Swap(one, other)),
        4 => (index(), piece()).prop_map(|(at, piece)| Damage::Replace(at, piece)),
        4 => (index(), piece()).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        1 => (index(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
    ]
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let times = prop_oneof![9 => 2..300_usize, 1 => 2..20_000_usize];
    prop_oneof![
        8 => select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => select(&NOT_UTF_8[..]).prop_map(<[u8]>::to_vec),
        2 => "[0-9]{1,40}".prop_map(String::into_bytes),
        2 => ".{1,20}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..20),
        1 => (select(&REPEATED[..]), times).prop_map(|(piece, times)| piece.repeat(times).into_bytes()),
    ]
}

fn apply(bytes: &[u8], by_line: bool, damage: &Damage) -> Vec<u8> {
    let flipped;
    let mut parts: Vec<&[u8]> = if by_line {
        bytes.split_inclusive(|&byte| byte == b'\n').collect()
    } else {
        bytes
            .chunk_by(|&one, &next| is_of_word(one) && is_of_word(next))
            .collect()
    };
    if let Damage::Insert(at, piece) = damage {
        parts.insert(at.index(parts.len() + 1), piece);
    } else if !parts.is_empty() {
        match damage {
            Damage::Remove(from, to) => drop(parts.drain(range(&parts, *from, *to))),
            Damage::Repeat(from, to, times) => {
                let range = range(&parts, *from, *to);
                let length: usize = parts[range.clone()].iter().map(|part| part.len()).sum();
                let repeated = parts[range.clone()].repeat((*times).min(LONGEST / length));
                parts.splice(range, repeated);
            }
            Damage::Swap(one, other) => {
                let (one, other) = (one.index(parts.len()), other.index(parts.len()));
                parts.swap(one, other);
            }
            Damage::Replace(at, piece) => *at.get_mut(&mut parts) = piece,
            Damage::Flip(at, byte) => {
                let part = at.get_mut(&mut parts);
                flipped = [&[*byte], &part[1..]].concat();
                *part = &flipped;
            }
            Damage::Insert(..) => {}
        }
    }
    let mut damaged = parts.concat();
    damaged.truncate(LONGEST);
    damaged
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// At least one part, and mostly a few.
fn range(parts: &[&[u8]], from: Index, length: Index) -> std::ops::Range<usize> {
    let from = from.index(parts.len());
    let rest = parts.len() - from;
    from..from + 1 + length.index(rest.min(12))
}
