//! TLS: the certificate and key that the settings name, read at the start and again on request.

mod validity;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

use super::transport::Socket;
use crate::http::BoxError;
use crate::settings::ServerSettings;

/// A certificate that ends within so many days is worth a warning.
const SOON: i64 = 14;

/// The certificate and its key can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read.
    #[error("the file {} that {setting} names can't be read; check its path and its rights", file.display())]
    Unreadable {
        /// The setting.
        setting: &'static str,
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error(
        "the file {} that {setting} names holds no {expected} in PEM, which begins with \
         `-----BEGIN {label}-----`; name the file that does", file.display()
    )]
    Missing {
        /// The setting.
        setting: &'static str,
        /// The file.
        file: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// How that begins.
        label: &'static str,
    },
    /// A file is damaged.
    #[error("the file {} that {setting} names is damaged; write it anew", file.display())]
    Damaged {
        /// The setting.
        setting: &'static str,
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: BoxError,
    },
    /// The key is protected by a password.
    #[error(
        "the key in {} is encrypted, and a server that starts by itself can't ask for the \
         password; store it decrypted (`openssl pkey -in KEY -out NEW`), readable by the server alone",
        file.display()
    )]
    Encrypted {
        /// The file.
        file: PathBuf,
    },
    /// The key is of a kind that is not known.
    #[error("the key in {} is of a kind that TLS can't use; make one of ECDSA, Ed25519 or RSA", file.display())]
    UnknownKey {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: BoxError,
    },
    /// The key belongs to another certificate.
    #[error(
        "the key in {} is not the one of the certificate in {}; name a pair that was made together \
         in SERVER_TLS_CERT and SERVER_TLS_KEY", key.display(), cert.display()
    )]
    Mismatch {
        /// The file with the certificate.
        cert: PathBuf,
        /// The file with the key.
        key: PathBuf,
    },
    /// The certificate is not valid now.
    #[error(
        "the certificate in {} is valid from {} to {} only, and it is {} now; renew it, or set this \
         machine's clock", file.display(), show(from), show(until), show(now)
    )]
    NotValid {
        /// The file.
        file: PathBuf,
        /// Its first moment.
        from: DateTime<Utc>,
        /// Its last moment.
        until: DateTime<Utc>,
        /// This machine's time.
        now: DateTime<Utc>,
    },
    /// TLS itself can't be set up.
    #[error("TLS can't be set up; please report this as a defect of `plain`")]
    Setup(#[source] BoxError),
}

fn show(time: &DateTime<Utc>) -> impl fmt::Display {
    time.format("%Y-%m-%d %H:%M:%S UTC")
}

/// Where certificate and key are.
#[derive(Clone, Debug)]
struct Files {
    cert: PathBuf,
    key: PathBuf,
}

const CERT: &str = "SERVER_TLS_CERT";
const KEY: &str = "SERVER_TLS_KEY";

/// What makes TLS of a connection.
pub(super) struct Tls {
    acceptor: TlsAcceptor,
    current: Arc<Current>,
    files: Files,
    provider: Arc<CryptoProvider>,
    handshake_timeout: Duration,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tls({:?})", self.files)
    }
}

/// The certificate and key that new connections get.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(current.clone())
    }
}

impl Tls {
    /// TLS as the settings want it; `None` if they name no certificate.
    pub(super) fn new(settings: &ServerSettings) -> Result<Option<Self>, TlsError> {
        let (cert, key) = (&settings.server_tls_cert, &settings.server_tls_key);
        if cert.is_empty() && key.is_empty() {
            return Ok(None);
        }
        let files = Files {
            cert: cert.into(),
            key: key.into(),
        };
        // The one that the connections to a database use too, named here so that no other that an
        // application brings is taken by chance.
        let provider = Arc::new(ring::default_provider());
        let current = Arc::new(Current(RwLock::new(Arc::new(load(&files, &provider)?))));
        let config = ServerConfig::builder_with_provider(provider.clone());
        let config = config.with_safe_default_protocol_versions();
        let config = config
            .map_err(|error| TlsError::Setup(error.into()))?
            .with_no_client_auth();
        let mut config = config.with_cert_resolver(current.clone());
        config.alpn_protocols = [&b"h2"[..], b"http/1.1"].map(<[u8]>::to_vec).into();
        Ok(Some(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            current,
            files,
            provider,
            handshake_timeout: settings.tls_handshake_timeout(),
        }))
    }

    /// Reads certificate and key again; new connections get them from now on, open ones stay. If
    /// they can't be used, nothing changes.
    pub(super) fn reload(&self) {
        match load(&self.files, &self.provider) {
            Ok(new) => {
                let mut current = self
                    .current
                    .0
                    .write()
                    .unwrap_or_else(PoisonError::into_inner);
                *current = Arc::new(new);
                tracing::info!(target: "plain::server", "the TLS certificate was read again");
            }
            Err(error) => tracing::error!(
                target: "plain::server",
                error = &error as &dyn std::error::Error,
                "the TLS certificate could not be read again; the one before stays in use"
            ),
        }
    }

    /// Agrees with the client on how to speak.
    pub(super) async fn accept(&self, socket: Socket) -> io::Result<TlsStream<Socket>> {
        let accepted = timeout(self.handshake_timeout, self.acceptor.accept(socket)).await;
        accepted.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Reads certificate and key, and looks whether they can be used.
fn load(files: &Files, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let chain = certificates(files)?;
    let key = private_key(files)?;
    let unknown = |source: rustls::Error| TlsError::UnknownKey {
        file: files.key.clone(),
        source: source.into(),
    };
    let key = { provider.key_provider }
        .load_private_key(key)
        .map_err(unknown)?;
    check_dates(files, &chain[0])?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // A kind of key that does not say is found out by the first client.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
            Ok(certified)
        }
        Err(rustls::Error::InconsistentKeys(_)) => Err(TlsError::Mismatch {
            cert: files.cert.clone(),
            key: files.key.clone(),
        }),
        Err(error) => Err(damaged(CERT, files, error)),
    }
}

fn damaged(setting: &'static str, files: &Files, source: impl Into<BoxError>) -> TlsError {
    let file = if setting == CERT {
        &files.cert
    } else {
        &files.key
    };
    TlsError::Damaged {
        setting,
        file: file.clone(),
        source: source.into(),
    }
}

fn read(setting: &'static str, file: &PathBuf) -> Result<Vec<u8>, TlsError> {
    std::fs::read(file).map_err(|source| TlsError::Unreadable {
        setting,
        file: file.clone(),
        source,
    })
}

/// The certificate, and those that lead from it to one that clients know; at least one.
fn certificates(files: &Files) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(CERT, &files.cert)?;
    let chain: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|error| damaged(CERT, files, error))?;
    if chain.is_empty() {
        return Err(TlsError::Missing {
            setting: CERT,
            file: files.cert.clone(),
            expected: "certificate",
            label: "CERTIFICATE",
        });
    }
    Ok(chain)
}

fn private_key(files: &Files) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = read(KEY, &files.key)?;
    // PKCS #8 says it in the label, the older form in a line below it (RFC 1421 section 4.6.1.1).
    let is_encrypted = [
        &b"BEGIN ENCRYPTED PRIVATE KEY"[..],
        b"Proc-Type: 4,ENCRYPTED",
    ]
    .iter()
    .any(|mark| pem.windows(mark.len()).any(|window| window == *mark));
    if is_encrypted {
        return Err(TlsError::Encrypted {
            file: files.key.clone(),
        });
    }
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::Missing {
            setting: KEY,
            file: files.key.clone(),
            expected: "private key",
            label: "PRIVATE KEY",
        },
        error => damaged(KEY, files, error),
    })
}

/// Refuses a certificate that no client accepts, and warns of one that none will soon.
fn check_dates(files: &Files, certificate: &CertificateDer<'_>) -> Result<(), TlsError> {
    let Some((from, until)) = validity::of(certificate) else {
        return Err(damaged(CERT, files, "the certificate has no dates"));
    };
    let now = Utc::now();
    if !(from..=until).contains(&now) {
        return Err(TlsError::NotValid {
            file: files.cert.clone(),
            from,
            until,
            now,
        });
    }
    let days = (until - now).num_days();
    if days < SOON {
        tracing::warn!(
            target: "plain::server",
            days,
            "the TLS certificate ends soon: renew it, and send SIGHUP"
        );
    }
    Ok(())
}
