//! Where the project is, and which of its programs is its application.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::Error;

/// The file that makes a folder a project.
pub(super) const SETTINGS: &str = "settings.toml";
/// The file that makes it a project that cargo builds.
pub(super) const MANIFEST: &str = "Cargo.toml";

/// The folder at or above `start` that has a settings file and, beside it, a manifest.
pub(super) fn find(start: &Path) -> Result<PathBuf, Error> {
    let root = start
        .ancestors()
        .find(|folder| folder.join(SETTINGS).symlink_metadata().is_ok());
    let root = root.ok_or(Error::NoProject)?;
    match root.join(MANIFEST).exists() {
        true => Ok(root.to_owned()),
        false => Err(Error::NoManifest {
            root: root.to_owned(),
        }),
    }
}

/// The program that `cargo run` would run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Binary {
    pub(super) package: String,
    pub(super) name: String,
}

impl Binary {
    pub(super) fn choose(metadata: &Value, root: &Path) -> Result<Self, Error> {
        let packages = default_packages(metadata, root);
        let mut binaries: Vec<Self> = packages.iter().copied().flat_map(binaries_of).collect();
        let preferred: Vec<&str> = packages
            .iter()
            .filter_map(|package| package["default_run"].as_str())
            .collect();
        if let [preferred] = preferred[..] {
            binaries.retain(|binary| binary.name == preferred);
        }
        if binaries.len() > 1 {
            let names = binaries.into_iter().map(|binary| binary.name).collect();
            return Err(Error::SeveralBinaries {
                root: root.to_owned(),
                names,
            });
        }
        binaries.pop().ok_or_else(|| Error::NoBinary {
            root: root.to_owned(),
        })
    }
}

/// The packages that cargo builds in the folder `root` when it is told nothing else.
fn default_packages<'a>(metadata: &'a Value, root: &Path) -> Vec<&'a Value> {
    let packages = metadata["packages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let is_same = |path: &Value, other: &Path| {
        let path = Path::new(path.as_str().unwrap_or_default());
        path.canonicalize().ok() == other.canonicalize().ok()
    };
    if is_same(&metadata["workspace_root"], root) {
        let members = metadata["workspace_default_members"].as_array();
        let is_member = |package: &&Value| members.is_some_and(|ids| ids.contains(&package["id"]));
        return packages.iter().filter(is_member).collect();
    }
    let manifest = root.join(MANIFEST);
    packages
        .iter()
        .filter(|package| is_same(&package["manifest_path"], &manifest))
        .collect()
}

/// The folders of the packages of the workspace.
pub(super) fn folders(metadata: &Value) -> Vec<PathBuf> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifests = packages.filter_map(|package| package["manifest_path"].as_str());
    let folders = manifests.filter_map(|manifest| Path::new(manifest).parent());
    folders.map(Path::to_owned).collect()
}

fn binaries_of(package: &Value) -> Vec<Binary> {
    let targets = package["targets"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    targets
        .iter()
        .filter(|target| is_binary(target))
        .map(|target| Binary {
            package: text(&package["id"]),
            name: text(&target["name"]),
        })
        .collect()
}

/// Whether a target is a program.
pub(super) fn is_binary(target: &Value) -> bool {
    target["kind"]
        .as_array()
        .is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::command::cargo::executable_in;

    fn package(name: &str, binaries: &[&str], default_run: Option<&str>) -> Value {
        let binary = |binary: &&str| json!({ "kind": ["bin"], "name": binary });
        let mut targets: Vec<Value> = binaries.iter().map(binary).collect();
        targets.push(json!({ "kind": ["lib"], "name": name }));
        json!({
            "id": format!("path+file:///project/{name}#0.1.0"),
            "manifest_path": format!("/nowhere/{name}/Cargo.toml"),
            "targets": targets,
            "default_run": default_run,
        })
    }

    /// What is chosen in the root folder of a workspace with these packages, all default members.
    fn choose(packages: Vec<Value>) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let metadata = json!({
            "workspace_root": folder.path(),
            "workspace_default_members":
                packages.iter().map(|package| package["id"].clone()).collect::<Vec<_>>(),
            "packages": packages,
        });
        let place = folder.path().display().to_string();
        match Binary::choose(&metadata, folder.path()) {
            Ok(binary) => Ok(format!("{} of {}", binary.name, binary.package)),
            Err(error) => Err(error.to_string().replace(&place, "/project")),
        }
    }

    #[test]
    fn the_nearest_settings_file_at_or_above_makes_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("shop/app/templates");
        std::fs::create_dir_all(&inner).unwrap();
        let root = folder.path().join("shop");
        assert!(matches!(find(&inner), Err(Error::NoProject)));
        std::fs::write(root.join(SETTINGS), "").unwrap();
        assert!(matches!(find(&inner), Err(Error::NoManifest { root: at }) if at == root));
        std::fs::write(root.join(MANIFEST), "").unwrap();
        assert_eq!(find(&inner).unwrap(), root);
        assert_eq!(find(&root).unwrap(), root);
    }

    #[test]
    fn the_only_program_is_chosen() {
        let packages = vec![package("shop", &["shop"], None), package("lib", &[], None)];
        assert_eq!(
            choose(packages).unwrap(),
            "shop of path+file:///project/shop#0.1.0"
        );
    }

    #[test]
    fn default_run_chooses_among_several() {
        let packages = vec![package("shop", &["shop", "import"], Some("shop"))];
        assert_eq!(
            choose(packages).unwrap(),
            "shop of path+file:///project/shop#0.1.0"
        );
        assert_eq!(
            choose(vec![package("shop", &["shop", "import"], None)]).unwrap_err(),
            "the project in /project has several programs (shop, import); \
             set default-run = \"NAME\" under [package] in its Cargo.toml, \
             or default-members under [workspace], so that `cargo run` runs one"
        );
        assert_eq!(
            choose(vec![package("shop", &[], None)]).unwrap_err(),
            "the project in /project has no program to run; add a src/main.rs that calls \
             `plain::main`, or set default-members under [workspace] to the package that has one"
        );
    }

    #[test]
    fn in_the_folder_of_a_member_only_that_member_counts() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join(MANIFEST);
        std::fs::write(&manifest, "").unwrap();
        let mut member = package("shop", &["shop"], None);
        member["manifest_path"] = json!(manifest);
        let metadata = json!({
            "workspace_root": "/nowhere",
            "workspace_default_members": [],
            "packages": [member, package("other", &["other"], None)],
        });
        assert_eq!(
            Binary::choose(&metadata, folder.path()).unwrap().name,
            "shop"
        );
    }

    #[test]
    fn the_executable_is_read_from_the_message_of_its_own_target() {
        let binary = Binary {
            package: "shop-id".to_owned(),
            name: "shop".to_owned(),
        };
        let message = |id: &str, kind: &str, executable: Value| {
            let target = json!({ "kind": [kind], "name": "shop" });
            json!({ "package_id": id, "target": target, "executable": executable }).to_string()
        };
        let found = |message: &str| executable_in(message, &binary);
        assert_eq!(
            found(&message("shop-id", "bin", json!("/t/shop"))),
            Some(PathBuf::from("/t/shop"))
        );
        assert_eq!(found(&message("shop-id", "lib", Value::Null)), None);
        assert_eq!(found(&message("other-id", "bin", json!("/t/shop"))), None);
        assert_eq!(found("a line that a build script printed"), None);
    }
}
