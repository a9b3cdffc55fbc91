import type { ReactNode } from 'react';
import { Component } from 'react';

interface ErrorBoundaryProps {
  readonly children: ReactNode;
  /** What stands in the place of what could not be drawn, until that is tried again. */
  readonly instead: (error: Error, onRetry: () => void) => ReactNode;
}

/** Holds an error where it is: without one, React takes the whole page away. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { readonly error: Error | undefined }> {
  override readonly state = { error: undefined };
  readonly #retry = (): void => this.setState({ error: undefined });

  static getDerivedStateFromError(error: unknown): { readonly error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === undefined ? this.props.children : this.props.instead(error, this.#retry);
  }
}
