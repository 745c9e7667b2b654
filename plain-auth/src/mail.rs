//! Sending mail: the trait [`Mailer`], and the one that prints instead.

use std::fmt;
use std::future::Future;
use std::io::{self, Write};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use plain::http::Result;
use plain::services::Services;

/// A mail to one address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// The address that it goes to.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// Sends mail, by whatever service a project uses.
///
/// A package of the project that is installed after `plain.auth` shares its own:
///
/// ```
/// use plain::http::Result;
/// use plain::packages::{Installer, Package};
/// use plain_auth::{Mail, Mailer, Outbox};
///
/// struct Smtp;
///
/// impl Mailer for Smtp {
///     async fn send(&self, mail: Mail) -> Result<()> {
///         // Hand `mail.to`, `mail.subject` and `mail.text` to the server.
///         Ok(())
///     }
/// }
///
/// struct Shop;
///
/// impl Package for Shop {
///     fn name(&self) -> &'static str {
///         "shop"
///     }
///
///     fn install(&self, to: &mut Installer) -> Result<()> {
///         to.requires("plain.auth").share(Outbox::new(Smtp));
///         Ok(())
///     }
/// }
/// ```
pub trait Mailer: Send + Sync + 'static {
    /// Sends `mail`.
    ///
    /// # Errors
    ///
    /// If it could not be sent; that is logged, and not tried again.
    fn send(&self, mail: Mail) -> impl Future<Output = Result<()>> + Send;
}

/// Prints mails to standard output instead of sending them, and says so.
#[derive(Clone, Copy, Debug)]
pub struct ConsoleMailer;

impl Mailer for ConsoleMailer {
    async fn send(&self, mail: Mail) -> Result<()> {
        Ok(writeln!(io::stdout(), "{}", printed(&mail))?)
    }
}

fn printed(mail: &Mail) -> String {
    let Mail { to, subject, text } = mail;
    format!(
        "--- This mail was not sent: no mailer is set up (see plain_auth::Mailer). ---\n\
         To: {to}\nSubject: {subject}\n\n{text}\n--- End of the mail. ---"
    )
}

/// Where an application's mails go. One of what it shares with its parts.
#[derive(Clone)]
pub struct Outbox {
    mailer: Arc<dyn Boxed>,
    prints: bool,
}

impl Outbox {
    /// Mails go to `mailer`.
    pub fn new(mailer: impl Mailer) -> Self {
        Self {
            mailer: Arc::new(mailer),
            prints: false,
        }
    }

    pub(crate) fn console() -> Self {
        Self {
            prints: true,
            ..Self::new(ConsoleMailer)
        }
    }

    pub(crate) fn of(app: &Services) -> Result<&Self> {
        Ok(app.require::<Self>()?)
    }

    /// Whether mails are printed only.
    pub(crate) fn prints(&self) -> bool {
        self.prints
    }

    /// Sends `mail` while the visitor already has an answer: how long that takes tells nobody
    /// whether there was anything to send.
    pub(crate) fn send_later(&self, mail: Mail) {
        let mailer = Arc::clone(&self.mailer);
        tokio::spawn(async move {
            if let Err(error) = mailer.send(mail).await {
                tracing::error!("a mail could not be sent: {error}");
            }
        });
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbox")
    }
}

/// [`Mailer`] with a boxed future.
trait Boxed: Send + Sync {
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<()>>;
}

impl<M: Mailer> Boxed for M {
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<()>> {
        Box::pin(Mailer::send(self, mail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_mail_says_that_it_was_not_sent() {
        let mail = Mail {
            to: "ada@example.com".to_owned(),
            subject: "Your new password".to_owned(),
            text: "Open this link.".to_owned(),
        };
        insta::assert_snapshot!(printed(&mail), @"
        --- This mail was not sent: no mailer is set up (see plain_auth::Mailer). ---
        To: ada@example.com
        Subject: Your new password

        Open this link.
        --- End of the mail. ---
        ");
    }
}
