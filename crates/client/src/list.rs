//! What to list of the library.

use domain::UploadState;
use reqwest::Url;

/// Which uploads, in which order. By default the newest 50.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct List {
    search: Option<String>,
    state: Option<UploadState>,
    sort: Option<Sort>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The last one first.
    Newest,
    /// The first one first.
    Oldest,
    /// From A to Z.
    Title,
    /// From Z to A.
    TitleDescending,
    /// By duration, descending.
    Longest,
    /// By duration, ascending.
    Shortest,
}

impl Sort {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Title => "title",
            Self::TitleDescending => "title_descending",
            Self::Longest => "longest",
            Self::Shortest => "shortest",
        }
    }
}

impl List {
    /// All uploads.
    pub fn all() -> Self {
        Self::default()
    }

    /// Those with this in title, artist, album or filename.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    /// Those in one state.
    pub fn state(mut self, state: UploadState) -> Self {
        self.state = Some(state);
        self
    }

    /// In this order.
    pub fn sort(mut self, sort: Sort) -> Self {
        self.sort = Some(sort);
        self
    }

    /// From where an earlier page ended.
    pub fn after(mut self, cursor: impl Into<String>) -> Self {
        self.cursor = Some(cursor.into());
        self
    }

    /// At most so many, 1 to 200.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(crate) fn put_into(&self, url: &mut Url) {
        let limit = self.limit.map(|limit| limit.to_string());
        let fields = [
            ("q", self.search.as_deref()),
            ("state", self.state.map(UploadState::as_str)),
            ("sort", self.sort.map(Sort::as_str)),
            ("cursor", self.cursor.as_deref()),
            ("limit", limit.as_deref()),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(list: &List) -> String {
        let mut url: Url = "http://x/".parse().unwrap();
        list.put_into(&mut url);
        url.query().unwrap_or_default().to_owned()
    }

    #[test]
    fn only_what_was_chosen_is_asked_for() {
        assert_eq!(query(&List::all()), "");
        let list = List::all()
            .search("söng & co")
            .state(UploadState::Ready)
            .sort(Sort::TitleDescending);
        assert_eq!(
            query(&list.after("a/b").limit(7)),
            "q=s%C3%B6ng+%26+co&state=ready&sort=title_descending&cursor=a%2Fb&limit=7"
        );
    }
}
