export default function Page(_: { chatId: number | null }) {
  return null;
}
