//! The Rust code that holds the files.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::files::Found;

/// One field of `plain::embedded::Embedded`: its name, its folder and the files in it.
type Field<'a> = (&'a str, &'a PathBuf, Vec<Found>);

/// An expression of the type `plain::embedded::Embedded`.
pub(crate) fn source(fields: &[Field<'_>]) -> Result<String, String> {
    let mut source = String::from("::plain::embedded::Embedded {\n");
    for (name, folder, files) in fields {
        let folder = literal(folder)?;
        push(
            &mut source,
            format_args!("    {name}: ::plain::embedded::Folder {{\n"),
        );
        push(
            &mut source,
            format_args!("        path: {folder},\n        files: &[\n"),
        );
        for file in files {
            let path = literal(&file.path)?;
            let file = &file.name;
            push(
                &mut source,
                format_args!(
                    "            ::plain::embedded::File {{ path: {file:?}, contents: include_bytes!({path}) }},\n"
                ),
            );
        }
        source.push_str("        ],\n    },\n");
    }
    source.push_str("}\n");
    Ok(source)
}

fn push(source: &mut String, text: std::fmt::Arguments<'_>) {
    source
        .write_fmt(text)
        .expect("writing to a string cannot fail");
}

/// A path as a Rust literal.
fn literal(path: &Path) -> Result<String, String> {
    match path.to_str() {
        Some(path) => Ok(format!("{path:?}")),
        None => Err(format!(
            "the path {} is not UTF-8; rename its folder",
            path.display()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_included_by_their_absolute_path_and_named_by_their_relative_one() {
        let found = Found {
            name: "a/\"b\".html".into(),
            path: "/x/a/\"b\".html".into(),
        };
        let folder = PathBuf::from("/x");
        let source = source(&[("templates", &folder, vec![found])]).expect("code");
        assert_eq!(
            source,
            r#"::plain::embedded::Embedded {
    templates: ::plain::embedded::Folder {
        path: "/x",
        files: &[
            ::plain::embedded::File { path: "a/\"b\".html", contents: include_bytes!("/x/a/\"b\".html") },
        ],
    },
}
"#
        );
    }
}
