//! Sinks against servers on loopback that record what they are sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use data_encoding::{BASE64, HEXLOWER};
use ring::hmac;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::audit::chain::Hash;
use crate::audit::checkpoint::testing::Chain;
use crate::audit::checkpoint::{Checkpointer, Refusal, Schedule, SignedCheckpoint};
use crate::audit::testing::tenant;

/// A request as it came.
#[derive(Clone, Debug)]
struct Received {
    method: String,
    target: String,
    headers: BTreeMap<String, String>,
    body: String,
}

/// Answers each request by a function, and remembers it.
#[derive(Clone)]
struct Server {
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

type Answer = dyn Fn(&Received) -> (u16, String) + Send + Sync;

impl Server {
    async fn start(answer: impl Fn(&Received) -> (u16, String) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server { port: listener.local_addr().unwrap().port(), received: Arc::default() };
        let (received, answer): (_, Arc<Answer>) = (server.received.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, received.clone(), answer.clone()));
            }
        });
        server
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    fn url(&self) -> reqwest::Url {
        format!("http://127.0.0.1:{}/keep", self.port).parse().unwrap()
    }

    fn bucket(&self) -> Bucket {
        let endpoint = format!("http://127.0.0.1:{}/", self.port).parse().unwrap();
        let keys = (&SecretString::from("AKIDEXAMPLE"), &SecretString::from("a-secret"));
        Bucket::new((endpoint, "log".into(), "eu-1".into()), keys, "cordon/".into(), 90).unwrap()
    }
}

async fn serve(mut stream: TcpStream, received: Arc<Mutex<Vec<Received>>>, answer: Arc<Answer>) {
    let mut bytes = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap().split(' ').map(str::to_owned);
        let headers: BTreeMap<String, String> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        while bytes.len() < end + 4 + length {
            stream.read_buf(&mut bytes).await.unwrap();
        }
        let body = String::from_utf8(bytes[end + 4..end + 4 + length].to_vec()).unwrap();
        bytes.drain(..end + 4 + length);
        let request = Received { method: words.next().unwrap(), target: words.next().unwrap(), headers, body };
        let (status, text) = answer(&request);
        received.lock().unwrap().push(request);
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", text.len());
        stream.write_all(format!("{head}{text}").as_bytes()).await.unwrap();
    }
}

/// Notes under their names, as a bucket has them.
type Objects = Arc<Mutex<BTreeMap<String, String>>>;

/// A store with the parts of Amazon's API that are used.
async fn store(objects: Objects) -> Server {
    Server::start(move |request| {
        let (path, query) = request.target.split_once('?').unwrap();
        let mut objects = objects.lock().unwrap();
        let name = path.strip_prefix("/log/").unwrap_or_default().to_owned();
        match request.method.as_str() {
            "PUT" if objects.contains_key(&name) => (412, String::new()),
            "PUT" => {
                objects.insert(name, request.body.clone());
                (200, String::new())
            }
            _ if name.is_empty() => (200, listing(&objects, query)),
            _ => objects.get(&name).map_or((404, String::new()), |note| (200, note.clone())),
        }
    })
    .await
}

fn listing(objects: &BTreeMap<String, String>, query: &str) -> String {
    let parameter = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap();
        value.replace("%2F", "/")
    };
    let (prefix, after) = (parameter("prefix"), parameter("start-after"));
    let found = objects.keys().find(|name| name.starts_with(&prefix) && **name > after);
    let contents = found.map_or(String::new(), |name| format!("<Contents><Key>{name}</Key></Contents>"));
    format!(
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
    )
}

/// Signature Version 4 in the query, as Amazon describes it, over what came.
fn signature_fits(request: &Received) -> bool {
    let (path, query) = request.target.split_once('?').unwrap();
    let parameter = |name: &str| query.split('&').find_map(|p| p.strip_prefix(name)?.strip_prefix('=')).unwrap();
    let mut unsigned: Vec<&str> = query.split('&').filter(|p| !p.starts_with("X-Amz-Signature=")).collect();
    unsigned.sort_unstable();
    let names = parameter("X-Amz-SignedHeaders").replace("%3B", ";");
    let headers: String = names.split(';').map(|name| format!("{name}:{}\n", request.headers[name])).collect();
    let canonical = format!("{}\n{path}\n{}\n{headers}\n{names}\nUNSIGNED-PAYLOAD", request.method, unsigned.join("&"));
    let (time, scope) = (parameter("X-Amz-Date"), parameter("X-Amz-Credential").replace("%2F", "/"));
    let scope = scope.strip_prefix("AKIDEXAMPLE/").unwrap();
    let hash = Hash::sha256(&[canonical.as_bytes()]);
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}");
    let sign = |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
    let key = scope.split('/').fold(b"AWS4a-secret".to_vec(), |key, part| sign(&key, part).as_ref().to_vec());
    HEXLOWER.encode(sign(&key, &text).as_ref()) == parameter("X-Amz-Signature")
}

async fn two_checkpoints(chain: &Chain) -> [SignedCheckpoint; 2] {
    chain.append("acme", 3).await;
    let first = chain.made("acme").await;
    chain.append("acme", 1).await;
    [first, chain.made("acme").await]
}

#[tokio::test]
async fn an_object_is_signed_locked_and_never_replaced() {
    let chain = Chain::start().await;
    let [note, other] = two_checkpoints(&chain).await;
    let objects = Objects::default();
    let server = store(objects.clone()).await;
    let before = jiff::Timestamp::now();
    server.bucket().keep(&note).await.unwrap();
    let put = server.received().remove(0);
    assert!(put.target.starts_with("/log/cordon/acme/00000000000000000004?"), "{}", put.target);
    assert_eq!((put.method.as_str(), put.body.as_str()), ("PUT", note.text()));
    assert!(signature_fits(&put));
    let changed =
        Received { headers: put.headers.iter().map(|(n, v)| (n.clone(), format!("{v}x"))).collect(), ..put.clone() };
    assert!(!signature_fits(&changed), "the headers are signed");
    let header = |name: &str| put.headers[name].as_str();
    assert_eq!((header("if-none-match"), header("x-amz-object-lock-mode")), ("*", "COMPLIANCE"));
    assert_eq!(header("x-amz-checksum-sha256"), BASE64.encode(Hash::sha256(&[note.text().as_bytes()]).as_bytes()));
    assert_eq!(header("x-amz-sdk-checksum-algorithm"), "SHA256");
    let until: jiff::Timestamp = header("x-amz-object-lock-retain-until-date").parse().unwrap();
    let days = (until.as_second() - before.as_second()) / 86_400;
    assert!((89..=90).contains(&days), "{days}");
    // After an answer that was lost.
    server.bucket().keep(&note).await.unwrap();
    objects.lock().unwrap().insert("cordon/acme/00000000000000000004".into(), other.text().to_owned());
    assert!(matches!(server.bucket().keep(&note).await, Err(SinkProblem::Other)));
}

#[tokio::test]
async fn the_last_note_of_a_bucket_is_found_among_many() {
    let objects = Objects::default();
    let server = store(objects.clone()).await;
    let bucket = server.bucket();
    assert_eq!(bucket.last(&tenant("acme")).await.unwrap(), None);
    let mut size = 1_u64;
    for step in [1_u64, 2, 1000, 1, 1, 60_000, 7, 1_u64 << 40] {
        size += step;
        objects.lock().unwrap().insert(format!("cordon/acme/{size:020}"), format!("note {size}"));
        objects.lock().unwrap().insert("cordon/acme-2/99999999999999999999".into(), "of another".into());
        assert_eq!(bucket.last(&tenant("acme")).await.unwrap(), Some(format!("note {size}")));
    }
    assert!(server.received().iter().all(signature_fits));
    assert!(server.received().len() < 8 * 120, "{}", server.received().len());
}

#[tokio::test]
async fn a_chain_without_a_file_is_compared_with_the_bucket() {
    let mut chain = Chain::start().await;
    let [_, last] = two_checkpoints(&chain).await;
    let objects = Objects::default();
    let server = store(objects.clone()).await;
    server.bucket().keep(&last).await.unwrap();
    chain.forget_file("acme");
    chain.tamper("DELETE FROM audit_checkpoint").await;
    chain.cut_end("acme", 3).await;
    chain.maker.bucket = Some(Arc::new(server.bucket()));
    let refusal = chain.refusal("acme").await;
    assert!(matches!(refusal, Refusal::Shorter { place: crate::audit::checkpoint::Place::Bucket, .. }), "{refusal}");
    // One that does not answer might know better; one that may not be read does not.
    let down = Server::start(|_| (503, String::new())).await;
    chain.maker.bucket = Some(Arc::new(down.bucket()));
    assert!(matches!(chain.make("acme").await, Err(crate::audit::checkpoint::MakeError::Outside(_))));
    let closed = Server::start(|_| (403, String::new())).await;
    chain.maker.bucket = Some(Arc::new(closed.bucket()));
    chain.maker.audit = crate::audit::AuditLog::start(&chain.store, crate::audit::AuditConfig::default());
    chain.made("acme").await;
}

#[tokio::test]
async fn a_server_is_posted_the_note_with_the_token_and_what_it_refuses_is_told_without_it() {
    let chain = Chain::start().await;
    let [note, _] = two_checkpoints(&chain).await;
    let server = Server::start(|request| (if request.body.contains("\n4\n") { 204 } else { 401 }, String::new())).await;
    let sink = HttpSink::new(server.url(), Some(SecretString::from("planted-token"))).unwrap();
    sink.keep(&note).await.unwrap();
    let post = server.received().remove(0);
    assert_eq!((post.method.as_str(), post.target.as_str(), post.body.as_str()), ("POST", "/keep", note.text()));
    assert_eq!(post.headers["authorization"], "Bearer planted-token");
    assert_eq!(post.headers["content-type"], "text/plain; charset=utf-8");
    let [other, _] = two_checkpoints(&chain).await;
    let refused = sink.keep(&other).await.unwrap_err();
    assert!(!format!("{refused} {refused:?} {sink:?}").contains("planted"), "{refused:?}");
}

/// Nothing listens there; the error names no URL, which may hold a signature.
#[tokio::test]
async fn a_sink_that_is_gone_is_told_without_its_address() {
    let chain = Chain::start().await;
    let [note, _] = two_checkpoints(&chain).await;
    let gone = Server { port: 1, received: Arc::default() };
    let refused = gone.bucket().keep(&note).await.unwrap_err();
    let told = format!("{refused} {refused:?}");
    assert!(matches!(refused, SinkProblem::Unreachable(_)) && !told.contains("X-Amz"), "{told}");
}

/// A sink that fails holds up neither checkpoints nor the other sink, and gets
/// everything in order once it is back.
#[tokio::test]
async fn what_was_not_delivered_comes_later_in_order() {
    let chain = Chain::start().await;
    chain.append("acme", 1).await;
    chain.made("acme").await;
    let fails = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let refusing = Server::start({
        let fails = fails.clone();
        move |_| (if fails.load(std::sync::atomic::Ordering::SeqCst) { 500 } else { 200 }, String::new())
    })
    .await;
    let objects = Objects::default();
    let bucket = store(objects.clone()).await;
    let sinks = vec![Sink::Http(HttpSink::new(refusing.url(), None).unwrap()), Sink::Bucket(Arc::new(bucket.bucket()))];
    let schedule = Schedule { interval: std::time::Duration::from_millis(1), records: 1 };
    let options = chain.store.connect_options().clone();
    let running = Checkpointer::start(chain.maker.clone(), schedule, options, sinks, chain.data());
    chain.append("acme", 2).await;
    chain.append("other", 1).await;
    // Both chains have a new checkpoint in the bucket, and the server has none.
    wait_until(|| objects.lock().unwrap().len() >= 3).await;
    assert!(!refusing.received().is_empty());
    fails.store(false, std::sync::atomic::Ordering::SeqCst);
    let kept_from = refusing.received().len();
    assert!(running.stop(std::time::Duration::from_secs(120)).await);
    for name in ["acme", "other"] {
        let lines = chain.maker.folder.read(&tenant(name), 0, 100).unwrap();
        let notes: Vec<String> = lines.iter().map(|(kept, _)| kept.signed.text().to_owned()).collect();
        let of_chain = |note: &String| note.starts_with(&format!("cordon/{name}\n"));
        let mut posted: Vec<String> = refusing.received()[kept_from..].iter().map(|post| post.body.clone()).collect();
        posted.retain(of_chain);
        assert_eq!(posted, notes, "{name}");
        let stored: Vec<String> = objects.lock().unwrap().values().filter(|note| of_chain(note)).cloned().collect();
        assert_eq!(stored, notes);
    }
    // The next process sends nothing twice.
    let (before, options) = (refusing.received().len(), chain.store.connect_options().clone());
    let sinks = vec![Sink::Http(HttpSink::new(refusing.url(), None).unwrap())];
    let running = Checkpointer::start(chain.maker.clone(), schedule, options, sinks, chain.data());
    assert!(running.stop(std::time::Duration::from_secs(120)).await);
    assert_eq!(refusing.received().len(), before);
}

async fn wait_until(done: impl Fn() -> bool) {
    while !done() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
