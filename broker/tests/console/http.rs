//! A client for HTTP/1.1: one request for each connection.

use super::soon;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server on this machine, and the headers of requests beside the usual ones.
#[derive(Clone)]
pub(crate) struct Http {
    port: u16,
    headers: Vec<(String, String)>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Http {
    pub(crate) fn new(port: u16) -> Self {
        Self { port, headers: Vec::new() }
    }

    /// Returns a client with other headers, which replace the usual ones.
    pub(crate) fn with(&self, headers: &[(&str, &str)]) -> Self {
        let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        Self { port: self.port, headers: headers.iter().map(own).collect() }
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) async fn try_connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect(self.host()).await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        self.try_connect().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    /// Returns the JSON of an answer that is no error.
    pub(crate) async fn ok(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Returns the scripts of the page by their paths. Neither they nor the page may run others, or make HTML.
    pub(crate) async fn scripts(&self) -> BTreeMap<String, String> {
        let inline = ["<script>", "<style", " style=", "onclick=", "onload="];
        for file in ["/", "/console.css", "/icon.svg"] {
            let text = self.get(file).await.text();
            assert!(!text.is_empty(), "{file}");
            assert!(inline.iter().all(|part| !text.contains(part)), "{file}");
        }
        let (mut scripts, mut found) = (BTreeMap::new(), vec!["/js/main.js".to_owned()]);
        while let Some(path) = found.pop() {
            let script = self.get(&path).await;
            let kind = script.header("content-type");
            assert_eq!(
                (script.status, kind),
                (200, Some("text/javascript; charset=utf-8")),
                "{path}"
            );
            let text = script.text();
            for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("]
            {
                assert!(!text.contains(sink), "{path}: {sink}");
            }
            let names = text.split("from \"./").skip(1).filter_map(|rest| rest.split('"').next());
            let paths = names.map(|name| format!("/js/{name}"));
            found.extend(paths.filter(|path| !scripts.contains_key(path)));
            scripts.insert(path, text);
        }
        scripts
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(&body.to_string())).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, Some("{}")).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&str>) -> Answer {
        let host = self.host();
        let usual = [("Host", &*host), ("Content-Type", "application/json")];
        let own = self.headers.iter().map(|(name, value)| (&**name, &**value));
        let replaced = |name: &str| self.headers.iter().any(|(own, _)| own == name);
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in usual.into_iter().filter(|(name, _)| !replaced(name)).chain(own) {
            text += &format!("{name}: {value}\r\n");
        }
        let body = body.unwrap_or_default();
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.raw(text.as_bytes()).await.expect("an answer")
    }

    /// Sends these bytes, and returns the answer if there is one.
    pub(crate) async fn raw(&self, request: &[u8]) -> Option<Answer> {
        let mut answer = Vec::new();
        soon(async {
            let (mut reader, mut writer) = self.connect().await.into_split();
            // The server may answer, and close the connection, before it has read all.
            let write = tokio::spawn({
                let request = request.to_vec();
                async move {
                    _ = writer.write_all(&request).await;
                    writer
                }
            });
            _ = reader.read_to_end(&mut answer).await;
            write.abort();
        })
        .await;
        Answer::parse(&answer)
    }
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        Some(Self { status, headers: headers.collect(), body: bytes[end + 4..].to_vec() })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| &**value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// Expects an error in JSON with this status and a text that contains `part`.
    pub(crate) fn refused(&self, status: u16, part: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        let json = self.json();
        let error = json["error"].as_str().expect("an error");
        assert!(error.contains(part), "{error}");
    }
}
