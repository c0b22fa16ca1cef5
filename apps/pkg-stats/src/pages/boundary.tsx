import { Component, type ComponentChildren } from 'preact';

interface BoundaryProps {
  /** As in “the readme cannot be shown”. */
  readonly name: string;
  readonly children: ComponentChildren;
}

/** What goes wrong in one part of a page leaves the others alone. */
export class Boundary extends Component<BoundaryProps, { isBroken: boolean }> {
  override state = { isBroken: false };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ isBroken: true });
  }

  /** What comes next may be in order. */
  override componentWillReceiveProps(): void {
    if (this.state.isBroken) this.setState({ isBroken: false });
  }

  override render(): ComponentChildren {
    const { name, children } = this.props;
    if (this.state.isBroken) return <p class="notice">Something is wrong here: {name} cannot be shown.</p>;
    return children;
  }
}
