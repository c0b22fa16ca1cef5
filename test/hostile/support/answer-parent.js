/**
 * The other side of `child.ts`: answers the questions of the parent process by name.
 * @param {Record<string, (...args: any[]) => unknown>} answers
 */
export function answerParent(answers) {
  process.on(
    'message',
    async (/** @type {{ id: number, question: string, args: unknown[] }} */ { id, question, args }) => {
      try {
        process.send?.({ id, answer: await answers[question]?.(...args) });
      } catch (error) {
        process.send?.({ id, problem: String(error) });
      }
    },
  );
  process.on('disconnect', () => process.exit());
  process.send?.({ id: 0 });
}
