// The address as the browser has it, and where the cursor of a board is: that is written there only when it rests.

const SHOWN_MS = 6000;

export default function ({ data, parentElement }) {
  const find = (name) => parentElement.querySelector(name);
  const [button, bubble, said, field] = ["button", ".said", "[role=status]", "input"].map(find);
  let hiding = null;

  const link = () => {
    const address = new URL(location);
    const hear = ({ detail }) => {
      for (const [name, value] of Object.entries(detail.address)) address.searchParams.set(name, value);
    };
    document.addEventListener("scanline-cursor", hear);
    document.dispatchEvent(new Event("scanline-cursor-ask")); // answered before this returns
    document.removeEventListener("scanline-cursor", hear);
    address.searchParams.sort();
    return address.href;
  };

  const say = (words, address) => {
    clearTimeout(hiding);
    bubble.hidden = false;
    bubble.classList.toggle("left", button.getBoundingClientRect().left > innerWidth / 2);
    said.textContent = [words, data.stays].filter(Boolean).join(" ");
    field.hidden = !address;
    if (!address) return (hiding = setTimeout(() => (bubble.hidden = true), SHOWN_MS));
    field.value = address;
    field.select();
  };

  button.onclick = async () => {
    const address = link();
    try {
      await navigator.clipboard.writeText(address); // only on this machine or by https
      say("Copied.");
    } catch {
      say("Copy it from here:", address);
    }
  };
  parentElement.onkeydown = (event) => {
    if (event.key === "Escape") bubble.hidden = true;
  };

  return () => clearTimeout(hiding);
}
