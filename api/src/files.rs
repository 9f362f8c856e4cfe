//! Files that hold codes: what leaves in development is written into folders.

use std::path::Path;

/// Makes a folder that is its owner's only.
///
/// # Errors
/// The file system's.
pub fn private_folder(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Writes beside and renames: whoever looks into the folder sees whole files only.
///
/// # Errors
/// The file system's.
pub fn write_whole(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    private_folder(dir)?;
    let beside = dir.join(format!(".{name}.part"));
    std::fs::write(&beside, bytes)?;
    std::fs::rename(&beside, dir.join(name))
}
