const SUPPRESSION =
  /^\s*(?:eslint-disable(?:-next-line|-line)?|prettier-ignore|knip-ignore|v8 ignore|istanbul ignore)\b/;
const REASON = /--\s*\S.{9,}/s;

/** A suppression says after `--` why the rule does not apply there, in at least ten characters. */
export const explainedSuppression = {
  meta: {
    type: 'suggestion',
    docs: { description: 'every suppression carries its reason' },
    schema: [],
    messages: { reason: 'Say after "--" why this is suppressed, or remove the suppression.' },
  },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          if (
            SUPPRESSION.test(comment.value) &&
            !/^\s*prettier-ignore\b/.test(comment.value) &&
            !REASON.test(comment.value)
          ) {
            context.report({ loc: comment.loc, messageId: 'reason' });
          }
        }
      },
    };
  },
};
