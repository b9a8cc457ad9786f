// Into the entry of the browser's history that there is. Sorted, as address.py sorts: what the browser has
// already makes no entry when the server writes it, too.
const intoAddress = (page, parameters) => {
  if (!location.pathname.endsWith(`/${page}`)) return; // it has been left, which the server hears later
  const address = new URL(location);
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  address.searchParams.sort();
  history.replaceState(history.state, "", address);
};
