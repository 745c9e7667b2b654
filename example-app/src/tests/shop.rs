//! The shop with a database of its own, for one test.

use plain::App;
use plain::app::Source;
use plain::db::migrations::{Migrator, Target};
use plain::db::{Create, Database};
use plain::embedded::Folder;
use plain::test::Client;
use tempfile::TempDir;

pub(super) type Visitor = Client<App>;

pub(super) struct Shop {
    pub(super) app: App,
    folder: TempDir,
}

impl Shop {
    /// A shop that was just opened, with the project's own settings.
    pub(super) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = load(&folder).await;
        let installed = app.packages().installed().iter();
        let migrations = installed.map(|it| (it.name(), it.migrations().unwrap_or(Folder::EMPTY)));
        let db = app.services().database().unwrap().clone();
        let migrator = Migrator::new(db, migrations).unwrap();
        migrator.apply(&Target::All, |_| ()).await.unwrap();
        Self { app, folder }
    }

    /// The same shop in another process.
    pub(super) async fn restart(self) -> Self {
        self.db().close().await;
        Self {
            app: load(&self.folder).await,
            folder: self.folder,
        }
    }

    pub(super) fn db(&self) -> &Database {
        self.app.services().database().unwrap()
    }

    pub(super) fn visitor(&self) -> Visitor {
        Client::new(self.app.clone())
    }

    /// The visitor who came to this shop before it was restarted.
    pub(super) fn same_visitor(&self, visitor: &Visitor) -> Visitor {
        let returned = self.visitor();
        for cookie in visitor.cookies() {
            returned.set_cookie(cookie.name, cookie.value);
        }
        returned
    }
}

async fn load(folder: &TempDir) -> App {
    let url = format!("sqlite://{}", folder.path().join("db.sqlite3").display());
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let source = Source::at(project)
        .environment::<&str, &str>([])
        .with("DATABASE_URL", url);
    let packages = [plain_sessions::package(), crate::app::package()];
    let app = App::load(packages, source).unwrap();
    app.connect(Create::IfMissing).await.unwrap();
    app
}
