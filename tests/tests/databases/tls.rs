//! TLS to the server of the database, as the parameters of the address say.

use std::fs;
use std::path::PathBuf;

use insta::assert_snapshot;
use plain::db::{ConnectOptions, Database, Error};
use plain::test::PostgresServer;
use plain_tests::on_postgres;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

on_postgres![
    the_connection_is_encrypted_and_the_server_is_who_it_says,
    a_server_without_tls_is_refused_where_it_is_wanted,
];

/// An authority that vouches for servers.
struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self(Issuer::new(params, key), pem)
    }

    /// A certificate for the host `name`, and its key.
    fn certify(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// A server that speaks TLS as `localhost`, and the file with its authority.
struct Encrypted {
    postgres: PostgresServer,
    right: PathBuf,
    wrong: PathBuf,
    _folder: TempDir,
}

impl Encrypted {
    async fn start() -> Self {
        let authority = Authority::new("ours");
        let (certificate, key) = authority.certify("localhost");
        let postgres = PostgresServer::start();
        postgres.put("server.crt", certificate.as_bytes());
        postgres.put("server.key", key.as_bytes());
        let admin = Database::connect(ConnectOptions::to(postgres.url("postgres")))
            .await
            .unwrap();
        admin
            .query("ALTER SYSTEM SET ssl = on")
            .execute()
            .await
            .unwrap();
        let _: bool = admin
            .query("SELECT pg_reload_conf()")
            .scalar()
            .await
            .unwrap();
        admin.close().await;
        let folder = tempfile::tempdir().unwrap();
        let (right, wrong) = (
            folder.path().join("right.pem"),
            folder.path().join("wrong.pem"),
        );
        fs::write(&right, authority.1).unwrap();
        fs::write(&wrong, Authority::new("theirs").1).unwrap();
        Self {
            postgres,
            right,
            wrong,
            _folder: folder,
        }
    }

    /// Connects to `host` with `parameters`; whether that is encrypted, or why it failed.
    async fn connect(&self, host: &str, parameters: &str) -> Result<bool, Error> {
        let url = self.postgres.url("postgres");
        let url = format!("{}?{parameters}", url.expose().replace("127.0.0.1", host));
        let db = Database::connect(ConnectOptions::to(url)).await?;
        let ask = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        db.query(ask).scalar().await
    }

    async fn refusal(&self, host: &str, parameters: &str) -> String {
        let refused = self.connect(host, parameters).await.unwrap_err();
        assert!(matches!(refused, Error::Tls { .. }), "{refused:?}");
        let port = self.postgres.port().to_string();
        let folder = self.right.parent().unwrap().display().to_string();
        refused
            .to_string()
            .replace(&port, "PORT")
            .replace(&folder, "/ca")
    }
}

async fn the_connection_is_encrypted_and_the_server_is_who_it_says() {
    let server = Encrypted::start().await;
    // The settings are read again in the server's own time.
    for attempt in 0.. {
        match server.connect("localhost", "sslmode=require").await {
            Ok(is_encrypted) => {
                assert!(is_encrypted);
                break;
            }
            Err(error) if attempt == 6000 => panic!("{error}"),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
        }
    }
    let (right, wrong) = (server.right.display(), server.wrong.display());
    assert!(
        !server
            .connect("localhost", "sslmode=disable")
            .await
            .unwrap()
    );
    assert!(server.connect("localhost", "sslmode=prefer").await.unwrap());
    for mode in ["require", "verify-ca", "verify-full"] {
        let parameters = format!("sslmode={mode}&sslrootcert={right}");
        assert!(
            server.connect("localhost", &parameters).await.unwrap(),
            "{mode}"
        );
    }
    let parameters = format!("sslmode=verify-ca&sslrootcert={right}");
    assert!(server.connect("127.0.0.1", &parameters).await.unwrap());

    let refusal = server
        .refusal(
            "localhost",
            &format!("sslmode=verify-full&sslrootcert={wrong}"),
        )
        .await;
    assert_snapshot!(refusal, @"the database postgres://postgres:***@localhost:PORT/postgres?sslmode=verify-full&sslrootcert=/ca/wrong.pem can't be connected to by TLS: invalid peer certificate: UnknownIssuer; check sslmode and sslrootcert in DATABASE_URL, and the server's certificate");
    for mode in ["require", "verify-ca"] {
        let parameters = format!("sslmode={mode}&sslrootcert={wrong}");
        let other = server.refusal("localhost", &parameters).await;
        assert_eq!(other.replace(mode, "verify-full"), refusal);
    }
    // Without the authority only those count that this computer trusts.
    server.refusal("localhost", "sslmode=verify-full").await;
    // The certificate is for localhost.
    let parameters = format!("sslmode=verify-full&sslrootcert={right}");
    assert_snapshot!(server.refusal("127.0.0.1", &parameters).await, @r#"the database postgres://postgres:***@127.0.0.1:PORT/postgres?sslmode=verify-full&sslrootcert=/ca/right.pem can't be connected to by TLS: invalid peer certificate: certificate not valid for name "127.0.0.1"; certificate is only valid for DnsName("localhost"); check sslmode and sslrootcert in DATABASE_URL, and the server's certificate"#);

    let missing = server
        .connect(
            "localhost",
            "sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
        )
        .await;
    assert_snapshot!(missing.unwrap_err(), @"the file /nowhere/ca.pem, which DATABASE_URL names, can't be read (No such file or directory (os error 2)); correct the address, or let this user read the file");
}

async fn a_server_without_tls_is_refused_where_it_is_wanted() {
    let server = PostgresServer::start();
    let url = format!("{}?sslmode=require", server.url("postgres").expose());
    let refused = Database::connect(ConnectOptions::to(url))
        .await
        .unwrap_err();
    let text = refused
        .to_string()
        .replace(&server.port().to_string(), "PORT");
    assert_snapshot!(text, @"the database postgres://postgres:***@127.0.0.1:PORT/postgres?sslmode=require can't be connected to by TLS: server does not support TLS; check sslmode and sslrootcert in DATABASE_URL, and the server's certificate");
    let url = format!("{}?sslmode=prefer", server.url("postgres").expose());
    Database::connect(ConnectOptions::to(url)).await.unwrap();
}
