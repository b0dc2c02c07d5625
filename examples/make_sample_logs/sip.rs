//! SIP messages: a builder that keeps headers in the order given and always gets `Content-Length` right.

/// A SIP request or response. The body holds its line breaks as CRLF, as on the wire.
#[derive(Clone, Debug)]
pub struct Message {
    pub start_line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// How a machine writes header names: logs show all of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Casing {
    AsSent,
    Upper,
    /// Only `call-id`, `cseq` and the like in lower case.
    LowerIds,
}

impl Message {
    pub fn request(method: &str, uri: &str) -> Self {
        Self { start_line: format!("{method} {uri} SIP/2.0"), headers: Vec::new(), body: String::new() }
    }

    /// The answer to a request: Via, From, To, Call-ID and CSeq are taken over, the To tag is added.
    pub fn answer(request: &Self, status: u16, reason: &str, to_tag: &str) -> Self {
        let mut answer =
            Self { start_line: format!("SIP/2.0 {status} {reason}"), headers: Vec::new(), body: String::new() };
        for (name, value) in &request.headers {
            match name.as_str() {
                "Via" | "From" | "Call-ID" | "CSeq" => answer.add(name, value),
                "To" if value.contains(";tag=") || to_tag.is_empty() => answer.add(name, value),
                "To" => answer.add(name, &with_tag(value, to_tag)),
                _ => {}
            }
        }
        answer
    }

    pub fn is_request(&self) -> bool {
        !self.start_line.starts_with("SIP/2.0 ")
    }

    /// Adds a header and hands the message on, for building in one expression.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.add(name, value);
        self
    }

    pub fn with_body(mut self, content_type: &str, body: &str) -> Self {
        self.add("Content-Type", content_type);
        self.body = body.to_owned();
        self
    }

    pub fn add(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Puts a header before all others.
    pub fn add_first(&mut self, name: &str, value: &str) {
        self.headers.insert(0, (name.to_owned(), value.to_owned()));
    }

    pub fn get(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.as_str())
    }

    pub fn remove(&mut self, name: &str) {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// Takes away the topmost Via, as a proxy does with a response it passes on.
    pub fn pop_via(&mut self) {
        if let Some(index) = self.headers.iter().position(|(n, _)| n == "Via") {
            self.headers.remove(index);
        }
    }

    /// Puts a Via on top, as a proxy does with a request it passes on.
    pub fn push_via(&mut self, value: &str) {
        let index = self.headers.iter().position(|(n, _)| n == "Via").unwrap_or(self.headers.len());
        self.headers.insert(index, ("Via".to_owned(), value.to_owned()));
    }

    /// Adds what the receiving end notes on the topmost Via: who really sent this.
    pub fn mark_received(&mut self, parameters: &str) {
        if let Some((_, value)) = self.headers.iter_mut().find(|(n, _)| n == "Via")
            && !value.contains("ms-received-cid")
        {
            value.push_str(parameters);
        }
    }

    /// The message as on the wire, headers in the given casing, lines ended with CRLF.
    pub fn wire(&self, casing: Casing) -> String {
        let mut out = self.head(casing);
        out.push_str("\r\n");
        out.push_str(&self.body);
        out
    }

    /// Start line and headers, each with CRLF, without the empty line.
    pub fn head(&self, casing: Casing) -> String {
        let mut out = format!("{}\r\n", self.start_line);
        for (name, value) in &self.headers {
            out.push_str(&format!("{}: {value}\r\n", cased(name, casing)));
        }
        let length = cased("Content-Length", casing);
        out.push_str(&format!("{length}: {}\r\n", self.body.len()));
        out
    }

    /// The same message with Via lines last and the diagnostics first, another order real servers write.
    pub fn via_last(&self) -> Self {
        let (vias, mut others): (Vec<_>, Vec<_>) = self.headers.iter().cloned().partition(|(n, _)| n == "Via");
        others.extend(vias);
        Self { headers: others, ..self.clone() }
    }
}

fn with_tag(address: &str, tag: &str) -> String {
    match address.split_once(";epid=") {
        Some((before, epid)) => format!("{before};tag={tag};epid={epid}"),
        None => format!("{address};tag={tag}"),
    }
}

fn cased(name: &str, casing: Casing) -> String {
    match casing {
        Casing::AsSent => name.to_owned(),
        Casing::Upper if name.starts_with("ms-") => name.to_owned(),
        Casing::Upper => name.to_ascii_uppercase(),
        Casing::LowerIds => match name {
            "Call-ID" | "CSeq" | "From" | "To" | "Via" => name.to_ascii_lowercase(),
            _ => name.to_owned(),
        },
    }
}
