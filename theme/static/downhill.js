// Small mends of the theme for keyboard and phone.
document.addEventListener("DOMContentLoaded", () => {
  // Name the dialogs for screen readers.
  const names = {
    "pst-search-dialog": "Search",
    "pst-primary-sidebar-modal": "Chapters",
    "pst-secondary-sidebar-modal": "On this page",
  };
  for (const [id, name] of Object.entries(names)) {
    document.getElementById(id)?.setAttribute("aria-label", name);
  }

  // On a phone, picking a section closes the drawer that lists the sections.
  document.querySelectorAll("dialog").forEach((dialog) => {
    dialog.addEventListener("click", (event) => {
      if (event.target.closest('a[href^="#"]')) dialog.close();
    });
  });

  // The theme takes the focus from its header buttons on every click. Give it back
  // when the click came from the keyboard (its detail is 0).
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button && event.detail === 0 && !button.closest("dialog")) {
      setTimeout(() => {
        if (!document.querySelector("dialog[open]")) button.focus();
      });
    }
  });

  // The notebooks beside the pages are files to keep, not pages to show.
  document.querySelectorAll('a[href$=".ipynb"]').forEach((link) => {
    if (link.origin === location.origin) link.setAttribute("download", "");
  });

  // Say which solution a button opens.
  document.querySelectorAll(".solution.dropdown, .toggle.admonition").forEach((box) => {
    const title = box.querySelector(".admonition-title")?.textContent.trim();
    const button = box.querySelector("button.toggle-button");
    if (title && button) button.setAttribute("aria-label", title);
  });
});
