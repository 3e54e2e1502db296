import { Bus, type BusHandler, type JsonValue } from './bus.js';
import { Subscribers } from './subscribers.js';

/** The bus of a node that is alone. */
export class MemoryBus extends Bus {
  private readonly subscribers = new Subscribers();

  override publish(topic: string, message: JsonValue): void {
    this.subscribers.deliver(topic, message);
  }

  override forward(_topic: string, _message: JsonValue): void {}

  override subscribe(topic: string, handler: BusHandler): () => void {
    // An own function for each subscription, so that one handler may be subscribed twice.
    const own: BusHandler = (message) => handler(message);
    this.subscribers.add(topic, own);
    return () => void this.subscribers.remove(topic, own);
  }

  override nodesOn(): Promise<number> {
    return Promise.resolve(1);
  }

  override ready(): boolean {
    return true;
  }

  override onRestored(): () => void {
    return () => undefined;
  }
}
