//! Server-sent events, read from the pieces in which they come (WHATWG HTML, 9.2.6).

/// Of a line, and of all data of one event.
const LONGEST: usize = 64 << 10;

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// `message` if it has none.
    pub(crate) event: String,
    pub(crate) data: String,
    /// The last one that was given, by this event or an earlier one.
    pub(crate) id: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

#[derive(Default)]
pub(crate) struct Parser {
    /// A line whose end has not come yet.
    line: Vec<u8>,
    /// The last byte was a carriage return: a line feed after it ends no second line.
    after_return: bool,
    event: String,
    data: String,
    has_data: bool,
    id: Option<String>,
}

impl Parser {
    /// Takes the next bytes; `each` gets every event that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8], mut each: impl FnMut(Message)) -> Result<(), TooLong> {
        for &byte in bytes {
            let follows_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\r' | b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    if let Some(message) = self.end_of_line(&String::from_utf8_lossy(&line))? {
                        each(message);
                    }
                }
                _ if self.line.len() == LONGEST => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(())
    }

    fn end_of_line(&mut self, line: &str) -> Result<Option<Message>, TooLong> {
        if line.is_empty() {
            return Ok(self.end_of_event());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "data" => {
                if self.data.len() + value.len() > LONGEST {
                    return Err(TooLong);
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.has_data = true;
            }
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            // Comments have an empty name; `retry` is left to our own backoff.
            _ => {}
        }
        Ok(None)
    }

    fn end_of_event(&mut self) -> Option<Message> {
        let event = std::mem::take(&mut self.event);
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.has_data).then(|| Message {
            event: if event.is_empty() { "message".into() } else { event },
            data,
            id: self.id.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(event: &str, data: &str, id: Option<&str>) -> Message {
        Message {
            event: event.into(),
            data: data.into(),
            id: id.map(str::to_owned),
        }
    }

    const TEXT: &str = ": hello\n\nevent: upload\nid: 5\ndata: {\"a\":\"ü\"}\n\ndata: one\r\ndata:two\r\n\r\nid\rdata\r\rdata: \
                        unfinished\n";

    #[test]
    fn it_makes_no_difference_where_the_pieces_are_cut() {
        let expected = [
            message("upload", "{\"a\":\"ü\"}", Some("5")),
            message("message", "one\ntwo", Some("5")),
            message("message", "", Some("")),
        ];
        for size in 1..TEXT.len() {
            let mut parser = Parser::default();
            let mut messages = Vec::new();
            for piece in TEXT.as_bytes().chunks(size) {
                parser.push(piece, |message| messages.push(message)).unwrap();
            }
            assert_eq!(messages, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn neither_a_line_nor_an_event_may_grow_without_end() {
        let mut parser = Parser::default();
        assert_eq!(parser.push(&vec![b'x'; LONGEST], |_| {}), Ok(()));
        assert_eq!(parser.push(b"x", |_| {}), Err(TooLong));

        let mut parser = Parser::default();
        let line = format!("data: {}\n", "x".repeat(LONGEST / 2));
        assert_eq!(parser.push(line.as_bytes(), |_| {}), Ok(()));
        assert_eq!(parser.push(line.repeat(2).as_bytes(), |_| {}), Err(TooLong));
    }
}
