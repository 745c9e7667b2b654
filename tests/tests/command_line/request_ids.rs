//! The id of a request: whose it is, and that all lines of the request have it.

use serde_json::Value;

use crate::support::migrated_with;

/// What the server, which trusts this machine as a proxy, answers and logs of one request with these
/// headers: the id of the answer, and the ids on its lines.
fn id_of(settings: &str, headers: &[(&str, &str)]) -> (String, Vec<String>) {
    let all = "LOG_FORMAT = \"json\"\nLOG_LEVEL = \"trace\"\nLOG_SLOW_REQUEST = 0.000001\n\
               LOG_SLOW_QUERY = 0\n";
    let project = migrated_with(&format!("{all}{settings}"));
    let mut server = project.serve();
    let answer = server.request("POST", "/visits", headers);
    assert_eq!(answer.status, 200);
    let id = answer.header("x-request-id").unwrap().to_owned();
    let log = server.stop().expect(0).err;
    let lines = log.lines().map(serde_json::from_str::<Value>);
    let lines: Vec<Value> = lines.collect::<Result<_, _>>().unwrap();
    let is_of_request = |line: &&Value| {
        let of = |target: &str| line["target"] == target;
        of("plain::access") || of("plain::slow") || line["sql"].to_string().contains("session")
    };
    let of_request = lines.iter().filter(is_of_request);
    let ids = of_request.map(|line| line["span"]["id"].as_str().unwrap_or("none").to_owned());
    (id, ids.collect())
}

const TRUST: &str = "TRUSTED_PROXIES = [\"127.0.0.1\"]\n";

#[test]
fn the_id_that_a_trusted_proxy_gave_stands_on_every_line_of_its_request() {
    let (id, lines) = id_of(TRUST, &[("X-Request-ID", "proxy-7.a:b/c=d;e+f@g_h")]);
    assert_eq!(id, "proxy-7.a:b/c=d;e+f@g_h");
    // A statement, the line that says why it was slow, and that of the access log.
    assert_eq!(lines, ["proxy-7.a:b/c=d;e+f@g_h"; 3]);
}

#[test]
fn a_request_without_an_id_that_can_be_believed_gets_one_that_stands_on_every_line() {
    let long = "x".repeat(129);
    for (settings, headers) in [
        ("", vec![("X-Request-ID", "stranger")]),
        (TRUST, vec![]),
        (TRUST, vec![("X-Request-ID", "")]),
        (TRUST, vec![("X-Request-ID", "two words")]),
        (TRUST, vec![("X-Request-ID", "a\"b")]),
        (TRUST, vec![("X-Request-ID", "caf\u{e9}")]),
        (TRUST, vec![("X-Request-ID", &*long)]),
        (
            TRUST,
            vec![("X-Request-ID", "one"), ("X-Request-ID", "two")],
        ),
        (TRUST, vec![("X-Other-ID", "stranger")]),
    ] {
        let (id, lines) = id_of(settings, &headers);
        assert_eq!(id.len(), 16, "{headers:?}: {id}");
        assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert_eq!(lines, [&*id; 3], "{headers:?}");
    }
}

#[test]
fn the_header_of_the_proxy_can_have_another_name() {
    let settings = format!("{TRUST}REQUEST_ID_HEADER = \"X-Amzn-Trace-Id\"\n");
    let headers = [
        ("X-Amzn-Trace-Id", "Root=1-67891233-abcdef"),
        ("X-Request-ID", "stranger"),
    ];
    assert_eq!(id_of(&settings, &headers).0, "Root=1-67891233-abcdef");
    let settings = format!("{TRUST}REQUEST_ID_HEADER = \"\"\n");
    assert_eq!(
        id_of(&settings, &[("X-Request-ID", "stranger")]).0.len(),
        16
    );
}
