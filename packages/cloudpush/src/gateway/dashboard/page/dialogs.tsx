import type { ComponentChildren, FunctionComponent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { closeEditor, type EditorTarget, editor, type Question, question } from './dialog-state.js';

/** Shows the dialog that is open, if any. */
export function Dialogs() {
  return (
    <>
      {question.value !== undefined && <Confirmation question={question.value} />}
      {editor.value !== undefined && <EditorDialog target={editor.value} />}
    </>
  );
}

function Confirmation({ question: { title, text, yes, onYes } }: { readonly question: Question }) {
  const close = () => {
    question.value = undefined;
  };
  return (
    <Dialog title={title} onClose={close}>
      <p>{text}</p>
      <div class="buttons">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => {
            close();
            onYes();
          }}
        >
          {yes}
        </button>
      </div>
    </Dialog>
  );
}

type Editor = FunctionComponent<EditorTarget>;

function EditorDialog({ target }: { readonly target: EditorTarget }) {
  const [loaded, setLoaded] = useState<{ readonly component: Editor | undefined }>({ component: undefined });
  useEffect(() => {
    void import('./channel/editor.js').then(({ ChannelEditor }) => setLoaded({ component: ChannelEditor }));
  }, []);
  const { component: Loaded } = loaded;
  const title = target.name === undefined ? 'Add a channel' : `Edit ${target.name}`;
  return (
    <Dialog title={title} onClose={closeEditor}>
      {Loaded !== undefined && <Loaded {...target} />}
    </Dialog>
  );
}

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

function Dialog({ title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current?.showModal(), []);
  return (
    <dialog ref={element} aria-labelledby="dialog-title" onClose={onClose}>
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}
