using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>Actions around the forward pass of any module that can be called, and their removal.</summary>
internal sealed class ModuleHooks
{
    private readonly List<Action> _removers = [];

    /// <summary>Runs the actions around each call of a module. One that has no hooks, such as a list of modules, is left alone.</summary>
    public void Around(nn.Module module, Action before, Action after)
    {
        // The hooks are on a generic base class, of arguments unknown here; their registration is public and needs none of them.
        Type[] action = [typeof(Action<nn.Module>)];
        var type = module.GetType();
        if (type.GetMethod("register_forward_pre_hook", action) is { } pre && type.GetMethod("register_forward_hook", action) is { } post)
        {
            Register(pre, before);
            Register(post, after);
        }

        void Register(System.Reflection.MethodInfo register, Action run)
        {
            var remover = register.Invoke(module, [(Action<nn.Module>)(_ => run())])!;
            _removers.Add(remover.GetType().GetMethod("remove")!.CreateDelegate<Action>(remover));
        }
    }

    /// <summary>Takes all of them away.</summary>
    public void Remove()
    {
        _removers.ForEach(remove => remove());
        _removers.Clear();
    }
}
