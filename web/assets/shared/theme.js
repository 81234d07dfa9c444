// Before anything is painted: the theme that was chosen here, where one was. Not a module, since those run later.
try {
  const theme = localStorage.getItem("hookseal-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing follows the system.
}
