//! The store against a plain map: after any sequence of operations, and of restarts between them, both hold the same.

mod client;
mod model;

use proptest::{
    prelude::*,
    sample::{Index, select},
};

use model::Model;

/// Below it, only the last part of an upload is taken.
const SMALLEST_PART: usize = 5 << 20;

/// The bytes of an object or part, short to print.
#[derive(Debug, Clone, Copy)]
struct Content {
    fill: u8,
    length: usize,
}

impl Content {
    /// The first bytes count up, so that none can stand for its neighbour.
    fn bytes(self) -> Vec<u8> {
        let mut bytes = vec![self.fill; self.length];
        for (byte, more) in bytes.iter_mut().zip(0..64) {
            *byte = byte.wrapping_add(more);
        }
        bytes
    }
}

/// What a write asks of what is there.
#[derive(Debug, Clone, Copy)]
enum If {
    Always,
    Absent,
    Unchanged,
    Other,
}

/// Which parts a Complete lists.
#[derive(Debug, Clone, Copy)]
enum Listed {
    All,
    AllButOne(usize),
    Backwards,
    WithAnotherEtag,
    None,
}

/// What a client does. An upload is one of those that were begun so far.
#[derive(Debug, Clone)]
enum Operation {
    Put(String, Content, If),
    Get(String, Option<(u64, Option<u64>)>),
    Delete(String, If),
    DeleteMany(Vec<String>),
    List {
        prefix: String,
        delimiter: Option<&'static str>,
        start_after: Option<String>,
        page: i32,
    },
    Begin(String),
    Part(Index, i32, Content),
    Complete(Index, Listed),
    Abort(Index),
    ListParts(Index, i32),
    ListUploads(String, i32),
    /// The whole of an upload at once, since parts that fit together seldom come by chance.
    Upload(String, Vec<u8>, Content),
    Restart,
}

fn key() -> impl Strategy<Value = String> {
    let odd = "..,../a,/,//,a/../b,a\0b,é,e\u{301},\u{10ffff},a/\u{7f}, ,a%2fb,index.redb";
    prop_oneof![
        8 => "[ab/]{1,3}",
        2 => select(odd.split(',').collect::<Vec<_>>()).prop_map(str::to_owned),
        1 => "\\PC{1,8}",
        1 => Just("k".repeat(1024)),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    (any::<u8>(), select(vec![0, 1, 17, 300])).prop_map(|(fill, length)| Content { fill, length })
}

fn condition() -> impl Strategy<Value = If> {
    prop_oneof![5 => Just(If::Always), 1 => Just(If::Absent), 1 => Just(If::Unchanged), 1 => Just(If::Other)]
}

fn operation() -> impl Strategy<Value = Operation> {
    let upload = any::<Index>;
    let page = || select(vec![1, 2, 3, 1000]);
    let number = select(vec![1, 1, 2, 2, 3, 10_000, 0, 10_001, -1, i32::MAX]);
    let range = (0..320_u64, prop::option::of(0..400_u64));
    let range = range.prop_map(|(first, length)| (first, length.map(|length| first + length)));
    let delimiter = select(vec![None, Some("/"), Some("a"), Some("a/"), Some("é")]);
    let list = ("[ab/]{0,2}", delimiter, prop::option::of(key()), page());
    let listed = prop_oneof![
        4 => Just(Listed::All),
        1 => (0..3_usize).prop_map(Listed::AllButOne),
        1 => Just(Listed::Backwards),
        1 => Just(Listed::WithAnotherEtag),
        1 => Just(Listed::None),
    ];
    let upload_whole = (key(), prop::collection::vec(any::<u8>(), 0..2), content());
    prop_oneof![
        8 => (key(), content(), condition()).prop_map(|(key, content, asked)| Operation::Put(key, content, asked)),
        6 => (key(), prop::option::of(range)).prop_map(|(key, range)| Operation::Get(key, range)),
        3 => (key(), condition()).prop_map(|(key, asked)| Operation::Delete(key, asked)),
        1 => prop::collection::vec(key(), 1..5).prop_map(Operation::DeleteMany),
        4 => list.prop_map(|(prefix, delimiter, start_after, page)| Operation::List {
            prefix, delimiter, start_after, page,
        }),
        3 => key().prop_map(Operation::Begin),
        6 => (upload(), number, content()).prop_map(|(upload, at, content)| Operation::Part(upload, at, content)),
        4 => (upload(), listed).prop_map(|(upload, listed)| Operation::Complete(upload, listed)),
        1 => upload().prop_map(Operation::Abort),
        2 => (upload(), page()).prop_map(|(upload, page)| Operation::ListParts(upload, page)),
        1 => ("[ab/]{0,2}", page()).prop_map(|(prefix, page)| Operation::ListUploads(prefix, page)),
        1 => upload_whole.prop_map(|(key, large, last)| Operation::Upload(key, large, last)),
        1 => Just(Operation::Restart),
    ]
}

#[test]
fn the_store_and_a_map_agree() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    // Every change is an fsync.
    let config = ProptestConfig::with_cases(6);
    proptest!(config, |(operations in prop::collection::vec(operation(), 1..40))| {
        runtime.block_on(Model::agrees_after(&operations))?;
    });
}
