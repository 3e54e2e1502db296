import { Component, type ReactNode } from 'react';

interface FenceProps {
  readonly onFault?: () => void;
  /** Nothing unless given. */
  readonly instead?: ReactNode;
  readonly children: ReactNode;
}

/** Shows something else instead of what cannot be shown, and keeps the rest of the page. React has this for classes only. */
export class Fence extends Component<FenceProps, { readonly isDown: boolean }> {
  override state = { isDown: false };

  static getDerivedStateFromError(): { isDown: boolean } {
    return { isDown: true };
  }

  override componentDidCatch(): void {
    this.props.onFault?.();
  }

  override render(): ReactNode {
    return this.state.isDown ? this.props.instead : this.props.children;
  }
}
