// Runs before the first paint, so that nobody who chose the dark theme sees a white flash.
try {
  const theme = localStorage.getItem("fileroom.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be refused; the system's theme is then as good as any.
}
