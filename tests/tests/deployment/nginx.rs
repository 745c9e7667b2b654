//! nginx as the guide configures it, but for addresses and certificates.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use plain_tests::command_line::{Process, Project};
use tempfile::TempDir;

const PAGE: &str = include_str!("../../../docs/src/deployment.md");

/// The host of the guide.
const HOST: &str = "shop.example";

/// The site behind nginx.
pub(crate) struct Deployment {
    pub(crate) project: Project,
    /// The ports of the two instances.
    ports: [u16; 2],
    nginx: Nginx,
}

impl Deployment {
    /// Two instances may be started; nginx runs.
    pub(crate) fn new() -> Self {
        let project = Project::new(
            env!("CARGO_BIN_EXE_site"),
            r#"
            SECRET_KEY = "w8Kd0xTqLmZ3vRjY5nBsG7hPfC2aUe9iQ4oV6tXkN1rJyDzMbE"
            ALLOWED_HOSTS = ["shop.example"]
            TRUSTED_PROXIES = ["127.0.0.1"]
            HEALTHCHECK_PATH = "/up"
            ACCESS_LOG = false
            INSTALLED_PACKAGES = ["plain.sessions", "site"]
            MIDDLEWARE = [
                "plain.sessions.middleware.SessionMiddleware", "site.middleware.Stamp",
            ]
            "#,
        );
        project.done("migrate");
        let [one, other, https, http] = free_ports();
        Self {
            project,
            ports: [one, other],
            nginx: Nginx::start([one, other], https, http),
        }
    }

    /// Starts an instance, and waits until it listens.
    pub(crate) fn start(&self, instance: usize) -> Process {
        let port = self.ports[instance];
        let words = format!("server --bind 127.0.0.1:{port}");
        let mut process = self.project.start(&words);
        process.wait_for("Listening on ");
        process
    }

    /// Has nginx send nothing more to `instance`, or to both again, and waits until what it had sent
    /// is answered.
    pub(crate) fn take_out(&self, instance: Option<usize>) {
        let shown = guide(
            self.ports,
            self.nginx.https,
            self.nginx.http,
            self.nginx.folder.path(),
        );
        let shown = match instance.map(|instance| self.ports[instance]) {
            None => shown,
            Some(port) => {
                let line = format!("127.0.0.1:{port} max_fails=0");
                assert_eq!(shown.matches(&line).count(), 1);
                shown.replace(&line, &format!("{line} down"))
            }
        };
        self.nginx.reload(&shown);
    }

    /// A curl that asks for `target` over HTTPS.
    pub(crate) fn curl(&self, target: &str) -> Command {
        let mut curl = self.curl_to("https", self.nginx.https, target);
        curl.arg("--cacert").arg(self.nginx.certificate());
        curl
    }

    /// A curl that asks for `target` over clear HTTP.
    pub(crate) fn clear_curl(&self, target: &str) -> Command {
        self.curl_to("http", self.nginx.http, target)
    }

    fn curl_to(&self, scheme: &str, port: u16, target: &str) -> Command {
        let mut curl = Command::new("curl");
        // Not what the user of the tests has set up for curl.
        curl.args(["--disable", "--silent", "--noproxy", "*", "--resolve"])
            .arg(format!("{HOST}:{port}:127.0.0.1"))
            .arg(format!("{scheme}://{HOST}:{port}{target}"));
        curl
    }

    /// The body that `target` is answered with over HTTPS.
    pub(crate) fn get(&self, target: &str) -> String {
        let output = self.curl(target).arg("--fail").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// An nginx, which ends with its test.
struct Nginx {
    process: Child,
    folder: TempDir,
    https: u16,
    http: u16,
}

impl Nginx {
    fn start(instances: [u16; 2], https: u16, http: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        certify(folder.path());
        let main = folder.path().join("nginx.conf");
        fs::write(&main, main_configuration(folder.path())).unwrap();
        let shop = guide(instances, https, http, folder.path());
        fs::write(folder.path().join("shop.conf"), shop).unwrap();
        let process = Command::new("nginx")
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&main)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let nginx = Self {
            process,
            folder,
            https,
            http,
        };
        nginx.wait();
        nginx
    }

    /// Waits until it listens.
    fn wait(&self) {
        let tries = 600;
        for _ in 0..tries {
            if std::net::TcpStream::connect(("127.0.0.1", self.https)).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("nginx does not listen");
    }

    /// Lets it read `shop` in the place of the guide's block, and waits until the processes that
    /// knew the former one have ended.
    fn reload(&self, shop: &str) {
        let former = self.workers();
        fs::write(self.folder.path().join("shop.conf"), shop).unwrap();
        let id = self.process.id().to_string();
        let told = Command::new("kill").args(["-HUP", &id]).status().unwrap();
        assert!(told.success());
        let tries = 600;
        for _ in 0..tries {
            let now = self.workers();
            if !now.is_empty() && now.iter().all(|worker| !former.contains(worker)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the workers of nginx do not end");
    }

    /// The ids of its worker processes.
    fn workers(&self) -> Vec<String> {
        let id = self.process.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        children.split_whitespace().map(str::to_owned).collect()
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("shop.pem")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its master process ends the others.
        let id = self.process.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.process.wait();
    }
}

/// What stands around the guide's block: an nginx for one test.
fn main_configuration(folder: &Path) -> String {
    let folder = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|kind| format!("{kind}_temp_path {folder}/{kind};\n"));
    format!(
        "daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log stderr;\n\
         events {{ worker_connections 512; }}\n\
         http {{\naccess_log off;\n{}include {folder}/shop.conf;\n}}\n",
        temporary.concat()
    )
}

/// The guide's block with the addresses and certificates of the test.
fn guide(instances: [u16; 2], https: u16, http: u16, folder: &Path) -> String {
    let block = PAGE.split("```nginx\n").nth(1).unwrap();
    let mut block = block.split("```").next().unwrap().to_owned();
    let [one, other] = instances;
    let folder = folder.display();
    for (shown, meant) in [
        ("127.0.0.1:8001", format!("127.0.0.1:{one}")),
        ("127.0.0.1:8002", format!("127.0.0.1:{other}")),
        ("listen 443 ssl;", format!("listen 127.0.0.1:{https} ssl;")),
        ("listen 80;", format!("listen 127.0.0.1:{http};")),
        ("/etc/ssl/shop.example.pem", format!("{folder}/shop.pem")),
        ("/etc/ssl/shop.example.key", format!("{folder}/shop.key")),
    ] {
        assert_eq!(block.matches(shown).count(), 1, "the guide has {shown}");
        block = block.replace(shown, &meant);
    }
    block
}

/// Makes a key, and a certificate for the host that says so itself.
fn certify(folder: &Path) {
    let output = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"])
        .args(["-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-subj", &format!("/CN={HOST}")])
        .args(["-addext", &format!("subjectAltName=DNS:{HOST}")])
        .arg("-keyout")
        .arg(folder.join("shop.key"))
        .arg("-out")
        .arg(folder.join("shop.pem"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Ports that are free now. An instance that is started again must have its port again, so that
/// they can't be left to the system.
fn free_ports() -> [u16; 4] {
    let listeners = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
